package demo

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// Connection is a plugin's process and the parts of Grafana's protocol that it speaks.
type Connection struct {
	Data        grpcplugin.DataClient
	Stream      grpcplugin.StreamClient
	Resource    grpcplugin.ResourceClient
	Diagnostics grpcplugin.DiagnosticsClient

	client *goplugin.Client
}

// Connect starts a program as Grafana starts plugins, with this process's environment where the command has none. What
// it logs goes to log.
func Connect(command *exec.Cmd, log io.Writer) (*Connection, error) {
	if command.Env == nil {
		command.Env = os.Environ()
	}
	c := &Connection{client: goplugin.NewClient(&goplugin.ClientConfig{
		Cmd:         command,
		SkipHostEnv: true, // it is there already
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data": &grpcplugin.DataGRPCPlugin{}, "diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		Stderr:           log,
	})}
	if err := c.dispense(); err != nil {
		c.client.Kill()
		return nil, fmt.Errorf("%s does not start as a plugin: %w", command.Path, err)
	}
	return c, nil
}

func (c *Connection) dispense() error {
	protocol, err := c.client.Client()
	if err != nil {
		return err //nolint:wrapcheck // the caller says what failed
	}
	parts := map[string]any{"data": nil, "stream": nil, "resource": nil, "diagnostics": nil}
	for name := range parts {
		if parts[name], err = protocol.Dispense(name); err != nil {
			return fmt.Errorf("it does not speak the part %s of the protocol: %w", name, err)
		}
	}
	c.Data, c.Stream, c.Resource = parts["data"].(grpcplugin.DataClient), parts["stream"].(grpcplugin.StreamClient), parts["resource"].(grpcplugin.ResourceClient)
	c.Diagnostics = parts["diagnostics"].(grpcplugin.DiagnosticsClient)
	return nil
}

// PID is the process that the plugin runs in.
func (c *Connection) PID() int {
	if running := c.client.ReattachConfig(); running != nil {
		return running.Pid
	}
	return 0
}

// Address is where it listens; nil when it has ended.
func (c *Connection) Address() net.Addr {
	if running := c.client.ReattachConfig(); running != nil {
		return running.Addr
	}
	return nil
}

// Close ends the process.
func (c *Connection) Close() { c.client.Kill() }
