package azuredevops

// ReleasesAt is where classic releases are asked for, by the address of an organisation.
func ReleasesAt(address string) string {
	_, releases, _ := organisation(address, "")
	return releases
}
