package settings

import (
	"os"
	"path/filepath"
)

// Within Grafana, the administrator of any organisation writes store.path, and the file is made as the user that Grafana
// runs as. So stores lie in one folder, which whoever runs Grafana chooses. The command line is not confined: who may start
// it may write there anyway.

// StoreRootVariable is how Grafana hands down the option store_root of the section [plugin.livedora-dora-datasource].
const StoreRootVariable = "GF_PLUGIN_STORE_ROOT"

// AnotherRoot says how another folder is allowed.
const AnotherRoot = "to allow another folder, set store_root in the section [plugin." + PluginID + "] of Grafana's configuration, and restart Grafana"

// usualData is where Grafana's packages and images keep their data.
const usualData = "/var/lib/grafana"

// StoreRoot is the folder in which the stores of this process must lie: the one that is set, or Grafana's data folder.
func StoreRoot() string {
	for _, name := range []string{StoreRootVariable, "GF_PATHS_DATA"} { // the second reaches plugins of Grafana before 12.4
		if folder := os.Getenv(name); folder != "" {
			return absolute(folder)
		}
	}
	if info, err := os.Stat(usualData); err == nil && info.IsDir() {
		return usualData
	}
	program, err := os.Executable()
	if err != nil {
		return usualData
	}
	return dataAround(program)
}

// dataAround is the data folder of a program that lies in Grafana's usual folder for plugins, DATA/plugins/ID.
func dataAround(program string) string {
	plugins := filepath.Dir(filepath.Dir(program))
	if filepath.Base(plugins) != "plugins" {
		return usualData
	}
	return filepath.Dir(plugins)
}

// Beneath is where the store lies: a path that is not absolute begins at the root. It is without dots, which lead elsewhere
// behind a link.
func (s Store) Beneath(root string) Store {
	switch {
	case s.Path == "":
	case filepath.IsAbs(s.Path):
		s.Path = filepath.Clean(s.Path)
	default:
		s.Path = filepath.Join(root, s.Path)
	}
	return s
}

func absolute(folder string) string {
	if found, err := filepath.Abs(folder); err == nil {
		return found
	}
	return folder
}
