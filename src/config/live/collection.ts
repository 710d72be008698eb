import { useEffect, useState } from 'react';
import { ask } from './backend';

/** How collecting one source is going, as the backend tells it. Times are RFC 3339, and absent where there is none. */
export interface Collection {
  id: string;
  state: 'idle' | 'collecting' | 'waiting' | 'ok' | 'failing';
  /** 0 to 1; 0 where the source cannot tell. */
  progress: number;
  message: string;
  lastSuccess?: string;
  next?: string;
  waitingUntil?: string;
  requests: number;
  points: number;
  /** Events in hand, by kind. */
  stored: Record<string, number>;
  errors: string[];
  /** Whether parts alone failed, and others were read. */
  inPart?: boolean;
}

/** How often to look, in milliseconds: closely while something is going on. */
const BUSY = 2_000;
const CALM = 15_000;

/** How collecting is going, by source, kept up to date. Empty until it is known, and where nobody can tell. */
export function useCollection(uid: string | undefined, version: number | undefined): Record<string, Collection> {
  const [known, setKnown] = useState<Record<string, Collection>>({});
  useEffect(() => {
    if (!uid || !version) {
      return;
    }
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const look = async () => {
      let sources: Collection[] = [];
      try {
        sources = (await ask<{ items: Collection[] }>(uid, 'v1/collection')).items;
      } catch {
        // Settings that cannot be used: "Save & test" says why.
      }
      if (!gone) {
        setKnown(Object.fromEntries(sources.map((source) => [source.id, source])));
        timer = setTimeout(look, sources.some(isBusy) ? BUSY : CALM);
      }
    };
    look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [uid, version]);
  return known;
}

export function isBusy({ state }: Collection): boolean {
  return state === 'collecting' || state === 'waiting';
}
