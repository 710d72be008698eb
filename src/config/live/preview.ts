import { useEffect, useState } from 'react';
import { DoraOptions, Service } from '../../settings/settings';
import { ask } from './backend';

/** Deployments of one repository into one environment. */
export interface Tally {
  source: string;
  repository: string;
  environment: string;
  deployments: number;
  /** Where their commits and changes are read, where that is elsewhere. */
  code?: string;
  /** They are read nowhere. */
  noHistory?: boolean;
}

export interface MadeService {
  name: string;
  team?: string;
  /** The first three. */
  repositories: string[];
  deployments: number;
  incidents: number;
}

/** What a rule makes. Lists have the first of what is counted beside them. */
export interface RulePreview {
  /** Which of the settings' entries it is. */
  entry: number;
  repositories: number;
  deployments: number;
  serviceCount: number;
  services: MadeService[];
  /** How many repositories fit it that an entry before takes. */
  lostCount: number;
  lost: Array<{ repository: string; to: number }>;
  /** Why it takes nothing, and which names are nearest. */
  empty?: string;
}

/** What settings that are not saved yet would match in what has been collected. */
export interface Preview {
  /** In the order of the settings, without rules; where there is no entry, one for each repository. */
  services: Array<{
    name: string;
    /** Which of the settings' it is. */
    entry?: number;
    deployments: Array<{ count: number; places: Tally[] }>;
    incidents: number[];
  }>;
  /** What each rule makes, in the order of the settings. */
  rules?: RulePreview[];
  /** Repositories that no entry takes and that are services all the same. */
  others?: { count: number; deployments: number; services: MadeService[] };
  /** Services to which entries give several teams; the first counts. */
  conflicts?: Array<{ service: string; teams: string[]; entries: number[] }>;
  /** Where deployments go that no service takes. */
  unmatched: Tally[];
  /** Incidents of no service. */
  incidents: number;
  /** Services that seem to count the same deployments, in words. */
  toldApart: Array<{ text: string }>;
}

/** What is told of the entry at a place, where there is one and it is called so still. */
export function toldOf(preview: Preview | undefined, index: number, { name }: Service) {
  const service = preview?.services.find(({ entry }, place) => (entry ?? place) === index);
  return service?.name === name ? service : undefined;
}

/** What is told of the rule at a place. */
export function toldOfRule(preview: Preview | undefined, index: number): RulePreview | undefined {
  return preview?.rules?.find(({ entry }) => entry === index);
}

/** What each entry takes, where that is known. */
export function takenBy(services: Service[], preview: Preview | undefined) {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  const places = new Map(preview?.services.map((told, place) => [told.entry ?? place, told]));
  const rules = new Map(preview?.rules?.map((told) => [told.entry, told]));
  return services.map(({ match, name }, index) => {
    const rule = rules.get(index);
    if (match) {
      return rule && { deployments: rule.deployments, makes: made(rule), nothing: rule.serviceCount === 0 };
    }
    const told = places.get(index);
    return told?.name === name
      ? { deployments: sum(told.deployments.map(({ count }) => count)), incidents: sum(told.incidents) }
      : undefined;
  });
}

function made({ serviceCount, lostCount }: RulePreview): string {
  const services = `makes ${serviceCount.toLocaleString()} service${serviceCount === 1 ? '' : 's'}`;
  return lostCount > 0 ? `${services}; entries above take ${lostCount.toLocaleString()} that would fit` : services;
}

/** What of the settings decides what belongs to which service. */
export function mappingOf({ services, otherRepositories, production }: DoraOptions) {
  return { services, otherRepositories, production };
}

/** How long typing has to pause before what is typed is tried, in milliseconds. */
const PAUSE = 400;

/** What the services, as they are written now, would match. Undefined until it is known, and while they have a fault. */
export function usePreview(
  uid: string | undefined,
  version: number | undefined,
  options: DoraOptions
): Preview | undefined {
  const [preview, setPreview] = useState<Preview>();
  const asked = JSON.stringify(mappingOf(options));
  useEffect(() => {
    if (!uid || !version) {
      return;
    }
    let gone = false;
    const show = (next: Preview | undefined) => !gone && setPreview(next);
    const timer = setTimeout(
      () =>
        ask<Preview>(uid, 'v1/preview', JSON.parse(asked)).then(show, () => {
          show(undefined);
        }),
      PAUSE
    );
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [uid, version, asked]);
  return preview;
}
