// Package cursor keeps where a run goes on: what has been handed over of each part of a source, such as a repository, so that
// a run that is ended at any moment is gone on with by the next one and no fact is lost. What it keeps goes with each batch,
// as JSON. It asks nobody, and knows nothing else of this module.
//
//   - Parts are the positions of a source's parts; of many a batch moves one, and only that one is written anew.
//   - A Stream is a list that is read from its newest entry backwards, as far as its watermark; a Pass is one reading of it.
//   - Open are the things that have not ended, which are asked about again until they have or are too old.
//   - Remember keeps the last few of what need not be asked again.
//
// A source's position of one part is a struct of these and whatever else it needs:
//
//	type position struct {
//		Issues cursor.Stream       `json:"issues,omitzero"`
//		Open   cursor.Open[waiting] `json:"open,omitempty"`
//	}
//
//	pass := cursor.NewPass(&at.Issues, request.Since)
//	for !pass.Done {
//		page := … // the newest first, from pass.Stream.Page on
//		count := cursor.Fresh(page.Nodes, updated, pass.Until)
//		… // hand over page.Nodes[:count] with the cursor that Advance makes
//		pass.Advance(newest, count, len(page.Nodes), page.PageInfo)
//	}
package cursor
