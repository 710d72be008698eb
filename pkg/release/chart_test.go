package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const chart = "../../deploy/kubernetes/collector"

func TestTheChartIsOfThisVersion(t *testing.T) {
	v, err := versionOf("../..")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(chart, "Chart.yaml"))
	require.NoError(t, err)
	var described struct{ Version, AppVersion string }
	require.NoError(t, yaml.Unmarshal(bytes.Replace(text, []byte("appVersion"), []byte("appversion"), 1), &described))
	assert.Equal(t, v.number, described.Version)
	assert.Equal(t, v.number, described.AppVersion)
	ofGrafana, err := os.ReadFile("../../deploy/kubernetes/grafana-values.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(ofGrafana), "\n  repository: livedora/livedora-grafana\n  tag: \""+v.number+"\"\n")
	schema, err := os.ReadFile(filepath.Join(chart, "values.schema.json"))
	require.NoError(t, err)
	var allowed struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal(schema, &allowed))
	values, err := os.ReadFile(filepath.Join(chart, "values.yaml"))
	require.NoError(t, err)
	var given map[string]any
	require.NoError(t, yaml.Unmarshal(values, &given))
	for name := range given {
		assert.Contains(t, allowed.Properties, name, "the schema knows every value that there is")
	}
}

// rendered is what Helm makes of the chart; go tool mage charts builds it.
func rendered(t *testing.T, set ...string) ([]map[string]any, error) {
	t.Helper()
	helm, err := filepath.Abs("../../.cache/helm")
	require.NoError(t, err)
	if _, err := os.Stat(helm); err != nil {
		if helm, err = exec.LookPath("helm"); err != nil {
			t.Skip("there is no helm; go tool mage charts builds it, and renders the charts")
		}
	}
	args := []string{"template", "dora", chart, "--kube-version", "1.31.0", "-f", "../../deploy/kubernetes/example-values.yaml"}
	for _, each := range set {
		args = append(args, "--set", each)
	}
	var out, said bytes.Buffer
	c := exec.Command(helm, args...)
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return nil, errors.New(said.String())
	}
	var objects []map[string]any
	for decoder := yaml.NewDecoder(&out); ; {
		var object map[string]any
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("what was rendered is no YAML: %w", err)
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
}

// at goes into an object by keys and numbers.
func at(t *testing.T, object any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			within, is := object.(map[string]any)
			require.True(t, is, "%v of %T", step, object)
			object = within[step]
		case int:
			within, is := object.([]any)
			require.True(t, is && len(within) > step, "%v of %T", step, object)
			object = within[step]
		}
	}
	return object
}

func byKind(objects []map[string]any) map[string]map[string]any {
	of := map[string]map[string]any{}
	for _, object := range objects {
		of[object["kind"].(string)] = object
	}
	return of
}

func TestTheCollectorInKubernetesIsWatchedAndShutIn(t *testing.T) {
	for mode, path := range map[string][]any{"deployment": {"spec", "template", "spec"}, "cronjob": {"spec", "jobTemplate", "spec", "template", "spec"}} {
		t.Run(mode, func(t *testing.T) {
			objects, err := rendered(t, "mode="+mode)
			require.NoError(t, err)
			of := byKind(objects)
			kind := map[string]string{"deployment": "Deployment", "cronjob": "CronJob"}[mode]
			pod := at(t, of[kind], path...)
			assert.Equal(t, false, at(t, pod, "automountServiceAccountToken"))
			assert.Equal(t, true, at(t, pod, "securityContext", "runAsNonRoot"))
			container := at(t, pod, "containers", 0)
			assert.Equal(t, true, at(t, container, "securityContext", "readOnlyRootFilesystem"))
			assert.Equal(t, []any{"ALL"}, at(t, container, "securityContext", "capabilities", "drop"))
			assert.NotEmpty(t, at(t, container, "resources", "requests", "memory"))
			args := fmt.Sprint(at(t, container, "args"))
			if mode == "cronjob" {
				assert.Contains(t, args, "--once")
				assert.Equal(t, "Forbid", at(t, of[kind], "spec", "concurrencyPolicy"))
				assert.NotContains(t, of, "Service")
				assert.Empty(t, at(t, of["NetworkPolicy"], "spec", "ingress"))
			} else {
				assert.Contains(t, args, "--listen :8080")
				assert.Equal(t, "/healthz", at(t, container, "livenessProbe", "httpGet", "path"))
				assert.Equal(t, "/readyz", at(t, container, "readinessProbe", "httpGet", "path"))
				assert.Equal(t, 1, at(t, of[kind], "spec", "replicas"))
			}
			settings := at(t, of["ConfigMap"], "data", "datasource.yaml").(string)
			assert.Contains(t, settings, "sources.github.token: $__file{/etc/livedora/secrets/github-token}")
			assert.NotContains(t, objects, "Secret", "a chart makes none: what it makes is in its release's history")
		})
	}
}

func TestAWrongValueOfTheChartIsRefusedWithASentence(t *testing.T) {
	for value, says := range map[string]string{
		"mode=daemonset":   "/mode': value must be one of 'deployment', 'cronjob'",
		"replicas=2":       "additional properties 'replicas' not allowed",
		"image.tag=latest": "image.tag is latest, which is another program tomorrow: it is a version",
		"schedule=hourly":  `schedule is "hourly": it is the five fields of cron, such as "*/10 * * * *", or @hourly, @daily, @weekly or @monthly`,
		"settings.datasources[0].type=prometheus":               "/settings/datasources/0/type': value must be 'livedora-dora-datasource'",
		"settings.datasources[0].jsonData.store.type=sqlite":    "jsonData.store.type is sqlite, which is gone with the pod: it is postgres, or persistence.existingClaim names a volume",
		"settings.datasources[0].secureJsonData.token=ghp_abcd": `secureJsonData holds a secret under "token": write $__file{/etc/livedora/secrets/KEY}`,
		"existingSecret=": "is a file of a Secret, and existingSecret names none",
	} {
		_, err := rendered(t, value)
		require.Error(t, err, value)
		said := regexp.MustCompile(`\s+`).ReplaceAllString(err.Error(), " ")
		assert.Contains(t, said, says, value)
		assert.False(t, strings.Contains(said, "ghp_abcd"), "a secret stays where it is")
	}
}
