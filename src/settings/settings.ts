import { DataSourceJsonData } from '@grafana/data';

/**
 * The settings as Grafana stores them and as a provisioning file states them. Every key is optional and has its default
 * in the backend; keys that this editor does not know are kept as they are.
 */
export interface DoraOptions extends DataSourceJsonData {
  sources?: Source[];
  /** Services, and rules that make some. */
  services?: Service[];
  /** What becomes of the repositories that no entry takes: as_services, or leave_out. */
  otherRepositories?: string;
  /** Which environments are production, as a regular expression of Go. */
  production?: string;
  definition?: Definition;
  collect?: { every?: string; backfill?: string };
  store?: StoreSettings;
}

/** Where events are kept. What else there is depends on the type. */
export interface StoreSettings {
  type?: string;
  /** The file of SQLite; of PostgreSQL, beside what this Grafana saves what it worked out. */
  path?: string;
  address?: string;
  database?: string;
  user?: string;
  tls?: string;
  use?: string;
  /** Files only. */
  dataset?: string;
}

/** A system that events come from. What else it has depends on its type: systems.ts. */
export interface Source {
  /** Secrets and services refer to it; fixed once saved. */
  id: string;
  type: string;
  [key: string]: unknown;
}

/**
 * What a rule makes services of: what fits all that it says. In each, * stands for any text within one part of a name,
 * ** for any parts, and {word} for a part or a piece of it, which the rule's other texts have by that word.
 */
export interface Match {
  source?: string;
  repository?: string;
  group?: string;
  topic?: string;
  /** By the name of the custom property. */
  property?: Record<string, string>;
  environment?: string;
  tier?: string;
  task?: string;
  tagPrefix?: string;
  /** Folders of services, such as packages/{service}/**. */
  path?: string;
}

/** One application, and where its deployments and incidents come from; or, with match, a rule that makes some. */
export interface Service {
  match?: Match;
  /** Of a rule it may be absent: {service}, where match remembers one, or else the repository. */
  name: string;
  team?: string;
  /** The teams that own it beside that one. */
  teams?: string[];
  deployments?: ServiceDeployments[];
  incidents?: ServiceIncidents[];
}

export interface ServiceDeployments {
  source: string;
  repository?: string;
  environment?: string;
  /** What the vendor says that the environment is for, such as production. Files only. */
  tier?: string;
  tagPrefix?: string;
  task?: string;
  /** Which files are the service's, where others share its deployments: globs, with ! in front to leave out. */
  paths?: string[];
  /** Where its commits and changes are read, where that is another source. Files only. */
  code?: { source: string; repository?: string };
}

export interface ServiceIncidents {
  source: string;
  repository?: string;
  /** What the incident system calls the service. */
  service?: string;
  labels?: string[];
  excludeLabels?: string[];
}

export interface Definition {
  unit?: string;
  leadTimeStart?: string;
  bots?: { pattern?: string; leadTime?: string; frequency?: string };
  redeploys?: string;
  evidence?: string[];
  incidentWindow?: string;
  hotfix?: { labels?: string[]; branches?: string };
  recovery?: string;
  rework?: string;
}

/** Flat keys with dots, such as `sources.github.token`. */
export type DoraSecrets = Record<string, string>;

/** What the backend takes where a setting is absent: shown, never written. */
export const defaults = {
  production: '(?i)^(prod|production|live)$',
  every: '1h',
  backfill: '365d',
  incidentWindow: '24h',
  bots: '(?i)\\[bot\\]$',
  hotfixLabels: ['hotfix'],
  hotfixBranches: '^hotfix/',
  store: 'memory',
};

/** How a field without a value says what holds, so that nobody takes it for an example. */
export function byDefault(value: string): string {
  return `default: ${value}`;
}
