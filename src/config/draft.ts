import { useEffect, useState } from 'react';

/** How long typing has to pause before the page hears of it, in milliseconds. */
const PAUSE = 400;

/** A value under a person's hands: it is handed over once they pause, leave, or press Enter, and not with every key. */
export function useDraft<T>(value: T, onCommit: (value: T) => void) {
  const [state, setState] = useState({ value, draft: value });
  if (state.value !== value) {
    setState({ value, draft: value }); // it was changed elsewhere
  }
  const draft = state.value === value ? state.draft : value;
  const commit = () => {
    if (draft !== value) {
      setState({ value: draft, draft });
      onCommit(draft);
    }
  };
  useEffect(() => {
    if (draft !== value) {
      const timer = setTimeout(commit, PAUSE);
      return () => clearTimeout(timer);
    }
    return undefined;
  });
  return { draft, setDraft: (next: T) => setState({ value, draft: next }), commit };
}
