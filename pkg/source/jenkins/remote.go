package jenkins

import (
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// pathOf is the path of a remote's address in whatever spelling. Azure Repos has words in it that are no part of a name.
func pathOf(remote string) []string {
	remote = strings.TrimSpace(remote)
	name := dora.RepositoryAt(remote)
	if name == remote { // host:path, as ssh has it without a log-in; or no address at all
		host, path, short := strings.Cut(remote, ":")
		if short && host != "" && !strings.ContainsAny(host, "/@") && !strings.HasPrefix(path, "//") {
			name = path
		}
	}
	if bare, _, more := strings.Cut(name, "?"); more {
		name = bare
	}
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.Trim(name, "/"), ".git"), "/") {
		if part != "" && part != "_git" {
			parts = append(parts, part)
		}
	}
	return parts
}

// repositoryOf is the selected repository that remotes lead to; empty where none does. A mirror and a host may have
// the same repository further down, so a name may stand at the end of a path.
func (s *Source) repositoryOf(remotes []string) string {
	for _, remote := range remotes {
		parts := pathOf(remote)
		for from := 0; from+1 < len(parts); from++ {
			name := strings.Join(parts[from:], "/")
			if !s.selection.Takes(name) {
				continue
			}
			for _, named := range s.named { // as the settings spell it
				if strings.EqualFold(named, name) {
					return named
				}
			}
			return name
		}
	}
	return ""
}
