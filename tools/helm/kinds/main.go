// Command kinds reads rendered objects of Kubernetes from standard input, and fails where one has a field that its kind does not have,
// or a value of another type.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubernetes "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// kinds are those that the chart makes.
var kinds = map[string]func() any{
	"v1/ConfigMap":                       func() any { return new(core.ConfigMap) },
	"v1/Service":                         func() any { return new(core.Service) },
	"apps/v1/Deployment":                 func() any { return new(apps.Deployment) },
	"batch/v1/CronJob":                   func() any { return new(batch.CronJob) },
	"networking.k8s.io/v1/NetworkPolicy": func() any { return new(networking.NetworkPolicy) },
}

func main() {
	objects, err := check(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d objects are as their kinds are\n", objects)
}

func check(in io.Reader) (objects int, err error) {
	var faults []error
	for reader := kubernetes.NewYAMLReader(bufio.NewReader(in)); ; {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return objects, err
		}
		var kind meta.TypeMeta
		if err := yaml.Unmarshal(text, &kind); err != nil {
			return objects, err
		}
		if kind.Kind == "" {
			continue // comments
		}
		objects++
		made, known := kinds[kind.APIVersion+"/"+kind.Kind]
		if !known {
			faults = append(faults, fmt.Errorf("the kind %s/%s is not checked", kind.APIVersion, kind.Kind))
			continue
		}
		if err := yaml.UnmarshalStrict(text, made()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", kind.Kind, err))
		}
	}
	if objects == 0 {
		faults = append(faults, errors.New("nothing was rendered"))
	}
	return objects, errors.Join(faults...)
}
