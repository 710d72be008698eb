import { DataSourceSettings } from '@grafana/data';
import { DoraOptions, DoraSecrets } from './settings';

export type Settings = DataSourceSettings<DoraOptions, DoraSecrets>;

/** Grafana merges secrets that are not sent with those it has: one that shall go is sent as an empty text. */
const REMOVED = '';

/** The secret of all sources that have none of their own for their webhooks. */
export const WEBHOOKS_SECRET = 'webhooks.secret';

/** The secrets of a PostgreSQL store. */
export const STORE_SECRETS = { password: 'store.password', ca: 'store.caCertificate' };

export function secretKey(sourceId: string, name: string): string {
  return `sources.${sourceId}.${name}`;
}

export function isConfigured(settings: Settings, key: string): boolean {
  return Boolean(settings.secureJsonFields?.[key]);
}

export function writeSecret(settings: Settings, key: string, value: string): Settings {
  return { ...settings, secureJsonData: { ...settings.secureJsonData, [key]: value } };
}

/** Forgets the stored secret, so that another one can be written. */
export function resetSecret(settings: Settings, key: string): Settings {
  return {
    ...settings,
    secureJsonFields: { ...settings.secureJsonFields, [key]: false },
    secureJsonData: { ...settings.secureJsonData, [key]: REMOVED },
  };
}

/** One secret as a field shows it: what is typed, whether there is a stored one, and how to change it. */
export interface Secret {
  typed: string;
  /** Whether Grafana has one; it never comes back to the browser. */
  configured: boolean;
  write: (value: string) => void;
  reset: () => void;
}

export function secretOf(settings: Settings, key: string, put: (settings: Settings) => void): Secret {
  return {
    typed: settings.secureJsonData?.[key] ?? '',
    configured: isConfigured(settings, key),
    write: (value) => put(writeSecret(settings, key, value)),
    reset: () => put(resetSecret(settings, key)),
  };
}

/** Forgets every secret of a source: the stored ones and those typed but not saved. */
export function dropSecretsOf(settings: Settings, sourceId: string): Settings {
  const prefix = `sources.${sourceId}.`;
  const stored = Object.keys(settings.secureJsonFields ?? {}).filter((key) => key.startsWith(prefix));
  const typed = Object.entries(settings.secureJsonData ?? {}).filter(([key]) => !key.startsWith(prefix));
  return stored.reduce(resetSecret, { ...settings, secureJsonData: Object.fromEntries(typed) });
}

/** A source that is not saved yet takes what was typed for it along to its new id. */
export function moveSecrets(settings: Settings, from: string, to: string): Settings {
  const prefix = `sources.${from}.`;
  const moved = Object.entries(settings.secureJsonData ?? {}).map(([key, value]) => [
    key.startsWith(prefix) && value !== REMOVED ? `sources.${to}.${key.slice(prefix.length)}` : key,
    value,
  ]);
  return { ...settings, secureJsonData: Object.fromEntries(moved) };
}
