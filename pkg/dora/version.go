package dora

import "strings"

// What pulls its deployments out of a repository of configuration often knows no commit but a version: the tag of an image.
// Such a deployment has, in place of its sha, a text that says which; its commit is found among the code that it joins.

const versioned = "version:"

// VersionSHA is what stands in place of a deployment's sha where its source tells a version only, such as an image's tag.
func VersionSHA(version string) string { return versioned + version }

// VersionOf is the version that stands in place of a sha; false where none does.
func VersionOf(sha string) (version string, is bool) { return strings.CutPrefix(sha, versioned) }
