// Package doratest tells stories for tests: of one repository, event by event, and of worlds that are drawn.
package doratest
