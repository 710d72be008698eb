package rest

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var written []byte

// document is the description of this API as JSON.
var document = sync.OnceValues(func() (json.RawMessage, error) {
	var described map[string]any
	if err := yaml.Unmarshal(written, &described); err != nil {
		return nil, err
	}
	return json.Marshal(described)
})

func openAPI(c *call) error {
	described, err := document()
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, described)
}
