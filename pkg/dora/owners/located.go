package owners

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// What annotations of an entity of Backstage say of where its code is.

// slugs are the annotations that name a repository.
var slugs = []string{"github.com/project-slug", "gitlab.com/project-slug", "bitbucket.org/project-slug", "dev.azure.com/project-repo"}

// locations are those with an address of the code, or of the file that the entity was read from, in the order in which they are
// believed.
var locations = []string{"backstage.io/source-location", "backstage.io/managed-by-location"}

// Located is where an entity's code is: the repositories that it names, several with commas between, else that which it was read
// from; and its folder, where the address tells one of the same repository.
func Located(annotations map[string]string) (repositories []string, folder string) {
	for _, slug := range slugs {
		for name := range strings.SplitSeq(annotations[slug], ",") {
			if name = strings.Trim(name, " /"); name != "" && !slices.Contains(repositories, name) {
				repositories = append(repositories, name)
			}
		}
	}
	for _, key := range locations {
		repository, within := at(annotations[key])
		switch {
		case repository == "":
			continue
		case len(repositories) == 0:
			return []string{repository}, within
		case slices.ContainsFunc(repositories, func(name string) bool { return strings.EqualFold(name, repository) }):
			return repositories, within
		}
	}
	return repositories, ""
}

// views are what stands between a repository and a branch in the address of a folder or a file.
var views = []string{"tree", "blob", "edit", "raw", "src"}

// at is the repository that a location leads to, and the folder in it; nothing where it leads to none.
func at(location string) (repository, folder string) {
	address, is := strings.CutPrefix(location, "url:")
	if !is {
		return "", ""
	}
	to, err := url.Parse(address)
	if err != nil || to.Host == "" {
		return "", ""
	}
	parts := strings.Split(strings.Trim(to.Path, "/"), "/")
	isFile := !strings.HasSuffix(to.Path, "/")
	rest := ""
	for i, part := range parts {
		if part == "-" && i >= 2 || i >= 2 && i+1 < len(parts) && slices.Contains(views, part) {
			view := i
			if part == "-" {
				view++
			}
			isFile = isFile && view < len(parts) && parts[view] != "tree"
			if view+2 <= len(parts) {
				rest = strings.Join(parts[min(view+2, len(parts)):], "/")
			}
			parts = parts[:i]
			break
		}
	}
	if i := slices.Index(parts, "_git"); i > 0 && i+1 < len(parts) { // Azure DevOps
		parts = []string{parts[i-1], parts[i+1]}
	}
	if within := to.Query().Get("path"); within != "" {
		rest, isFile = strings.Trim(within, "/"), strings.Contains(path.Base(within), ".")
	}
	if isFile && rest != "" {
		if rest = path.Dir(rest); rest == "." {
			rest = ""
		}
	}
	return dora.RepositoryAt(to.Scheme + "://" + to.Host + "/" + strings.Join(parts, "/")), strings.Trim(rest, "/")
}
