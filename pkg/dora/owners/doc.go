// Package owners finds who owns a service: in the order of the settings, from lists that people keep, files CODEOWNERS, and what
// sources tell of repositories.
package owners
