import { useState } from 'react';
import { Service } from '../settings/settings';

/** What was done, and the services before it. */
interface Step {
  what: string;
  before: Service[];
}

/** How many steps can be taken back. */
const KEPT = 50;

export interface Undo {
  /** What is taken back next. */
  what: string | undefined;
  steps: number;
  /** Changes the services. Steps of the same words, one after the other, are one. */
  put: (services: Service[], what: string) => void;
  undo: () => void;
}

/** Services whose changes can be taken back until they are saved, or changed from elsewhere. */
export function useUndo(
  services: Service[],
  version: number | undefined,
  onChange: (services: Service[]) => void
): Undo {
  const [state, setState] = useState<{ steps: Step[]; now: Service[]; version: number | undefined }>({
    steps: [],
    now: services,
    version,
  });
  const known = state.version === version && (state.now === services || same(state.now, services));
  if (!known) {
    setState({ steps: [], now: services, version });
  }
  const steps = known ? state.steps : [];
  const last = steps.at(-1);
  return {
    what: last?.what,
    steps: steps.length,
    put: (next, what) => {
      const further = what === last?.what ? steps : [...steps, { what, before: services }].slice(-KEPT);
      setState({ steps: further, now: next, version });
      onChange(next);
    },
    undo: () => {
      if (last) {
        setState({ steps: steps.slice(0, -1), now: last.before, version });
        onChange(last.before);
      }
    },
  };
}

/** Grafana may hand back a copy. */
function same(a: Service[], b: Service[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}
