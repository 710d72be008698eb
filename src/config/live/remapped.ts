import { formattedValueToString, getValueFormat } from '@grafana/data';
import { useState } from 'react';
import model from '../../query/model.json';
import { DoraOptions } from '../../settings/settings';
import { ask, refusal } from './backend';
import { mappingOf } from './preview';

/** Which figures of the last 90 days would be others if services were saved as they are written. */
export interface Remapped {
  services: RemappedGroups;
  teams: RemappedGroups;
}

/** Services, or teams: how many have any figure, now or then; how many would differ; and the first of these, by name. */
export interface RemappedGroups {
  all: number;
  changed: number;
  items: RemappedGroup[];
}

export interface RemappedGroup {
  name: string;
  change: 'appears' | 'vanishes' | 'differs';
  /** Those that would differ. */
  figures: RemappedFigure[];
}

/** A figure now, and if it were saved; null where there is none. n is how many events it rests on. */
export interface RemappedFigure {
  metric: string;
  statistic: string;
  /** `count`, `s` (seconds) or `ratio` (0..1). */
  unit: string;
  now: number | null;
  then: number | null;
  nowN: number;
  thenN: number;
}

/** What is known of a comparison: neither is there while it is awaited. */
interface Compared {
  told?: Remapped;
  /** Why there is no answer, in words. */
  wrong?: string;
}

/** Compares when it is asked to. What was found out of settings as they were before is not shown any more. */
export function useRemapped(uid: string, version: number, options: DoraOptions) {
  const [found, setFound] = useState<Compared & { of: string }>();
  const mapping = mappingOf(options);
  const of = JSON.stringify([uid, version, mapping]);
  const compared: Compared | undefined = found?.of === of ? found : undefined;
  const compare = async () => {
    if (compared && !compared.told && !compared.wrong) {
      return; // it is being answered
    }
    setFound({ of });
    const next = await comparison(uid, mapping);
    setFound((asked) => (asked?.of === of ? { of, ...next } : asked));
  };
  return { compared, compare };
}

async function comparison(uid: string, mapping: object): Promise<Compared> {
  try {
    return { told: await ask<Remapped>(uid, 'v1/preview/figures', mapping) };
  } catch (error) {
    const refused = refusal(error);
    if (!refused) {
      return { wrong: 'The plugin did not answer. Nothing is changed; try again.' };
    }
    return { wrong: refused.field ? `${refused.field}: ${refused.error}` : refused.error };
  }
}

const units: Record<string, string> = { s: 's', ratio: 'percentunit' };

/** A figure with its unit, and how many events it rests on. */
export function figure(value: number | null, n: number, unit: string): string {
  const measured = `n = ${n.toLocaleString()}`;
  if (value === null) {
    return `no figure, ${measured}`;
  }
  const shown =
    unit === 'count'
      ? `${value.toLocaleString()} deployment${value === 1 ? '' : 's'}`
      : formattedValueToString(getValueFormat(units[unit])(value, 1));
  return `${shown}, ${measured}`;
}

/** A metric as panels call it, with the statistic of it where that does not go without saying. */
export function metricCalled({ metric, statistic, unit }: RemappedFigure): string {
  const name = model.metrics.find(({ key }) => key === metric)?.name ?? metric;
  return unit === 's' ? `${name}, ${model.statistics.find(({ key }) => key === statistic)?.name ?? statistic}` : name;
}
