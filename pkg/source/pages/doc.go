// Package pages follows lists that come in pages: by number over a list that moves meanwhile, by the links of a header, or by
// the cursors of a GraphQL connection. It says where a list goes on, which entries of a page are news, and when a list has no
// end. It asks for nothing itself, and knows nothing else of this module.
//
// A list that is read by page numbers from its newest entry is read with a Moving and GoOn, or with All to its end:
//
//	all, err := pages.All(func(issue *issue) string { return strconv.Itoa(issue.IID) }, func(number int) ([]*issue, int, error) {
//		answer, err := session.Fetch(ctx, part, wire.Call{Address: fmt.Sprintf("%s/issues?page=%d", root, number)})
//		…
//		return list, pages.Number(answer.Header, "next"), nil
//	})
//
// A list that is read by links or by tokens cannot shift, and is followed by a Trail alone.
package pages
