// Package shipped says what a release is built for.
package shipped

// Systems are those that Grafana runs on, as Go names them.
var Systems = []string{"linux/amd64", "linux/arm64", "linux/arm", "darwin/amd64", "darwin/arm64", "windows/amd64"}
