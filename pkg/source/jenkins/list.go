package jenkins

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

const (
	// levels is how many folders deep a list goes at once.
	levels = 4
	// foldersAtMost bounds how many folders are listed by themselves.
	foldersAtMost = 5000
)

// listTree names jobs in folders in folders. Of the deepest it tells only whether anything is in them.
func listTree(deep int) string {
	if deep == 0 {
		return "jobs[name]{0,1}"
	}
	return "jobs[" + jobTree + "," + listTree(deep-1) + "]"
}

// folders are where the lines' jobs are, without those that lie in another of them.
func (r *run) folders() (found []string) {
	for _, rule := range r.rules {
		if folder := rule.jobs.plain(); !rule.leaves && !slices.Contains(found, folder) && r.concerns(folder) {
			found = append(found, folder)
		}
	}
	all := slices.Clone(found)
	return slices.DeleteFunc(found, func(folder string) bool {
		return slices.ContainsFunc(all, func(other string) bool {
			return other != folder && (other == "" || strings.HasPrefix(folder+"/", other+"/"))
		})
	})
}

// concerns says whether a folder holds any of the jobs that this run is about.
func (r *run) concerns(folder string) bool {
	return len(r.request.Only) == 0 || slices.ContainsFunc(r.request.Only, func(job string) bool {
		return folder == "" || strings.HasPrefix(strings.ToLower(job), strings.ToLower(folder)+"/")
	})
}

// list finds the jobs that the lines take. A folder that cannot be read costs its own jobs.
func (r *run) list(ctx context.Context) ([]*item, error) {
	var failures []error
	for _, folder := range r.folders() {
		err := r.listFolder(ctx, folder)
		failures = append(failures, err)
		if source.Stops(err) {
			return nil, errors.Join(failures...)
		}
	}
	var jobs []*item
	for _, job := range r.listed {
		if !job.request() && ofJob(r.rules, job.Full) != nil && (len(r.request.Only) == 0 || slices.ContainsFunc(r.request.Only, func(each string) bool { return strings.EqualFold(each, job.Full) })) {
			jobs = append(jobs, job)
		}
	}
	slices.SortFunc(jobs, func(a, b *item) int { return cmp.Compare(a.Full, b.Full) })
	return jobs, errors.Join(failures...)
}

func (r *run) listFolder(ctx context.Context, folder string) error {
	r.Progress.Part = folder
	r.Report()
	todo, found := []string{folder}, map[string]*item{}
	for count := 0; len(todo) > 0; count++ {
		if count > foldersAtMost {
			return r.Endless(folder)
		}
		list, _, err := one[item](ctx, r, todo[0], export(at(todo[0]), listTree(levels)))
		if err != nil {
			return err
		}
		todo = append(todo[1:], r.take(found, list, todo[0], levels)...)
	}
	maps.Copy(r.listed, found)
	return nil
}

// take notes what a folder holds, and gives the folders that have to be listed by themselves.
func (r *run) take(found map[string]*item, folder *item, path string, deep int) (more []string) {
	for i := range *folder.Jobs {
		each := &(*folder.Jobs)[i]
		if each.Name == "" {
			continue
		}
		if each.Full == "" {
			each.Full = strings.TrimPrefix(path+"/"+each.Name, "/")
		}
		each.within = folder.Class
		switch {
		case each.Jobs == nil:
			found[each.Full] = each
		case !r.leads(each.Full):
		case deep > 1:
			more = append(more, r.take(found, each, each.Full, deep-1)...)
		case len(*each.Jobs) > 0:
			more = append(more, each.Full)
		}
	}
	return more
}

// leads says whether jobs of any line may lie in a folder.
func (r *run) leads(folder string) bool {
	parts := strings.Split(folder, "/")
	return slices.ContainsFunc(r.rules, func(rule *rule) bool {
		if rule.leaves {
			return false
		}
		wanted := strings.Split(rule.jobs.text, "/")
		for i, part := range parts {
			if i >= len(wanted) {
				return false
			}
			if strings.Contains(wanted[i], "**") {
				return true
			}
			if _, matches := newGlob(wanted[i]).match(part); !matches {
				return false
			}
		}
		return len(wanted) > len(parts)
	})
}
