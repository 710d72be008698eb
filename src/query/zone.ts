import { BROWSER_TIMEZONE } from './model';

/** The IANA name for a dashboard's time zone setting, which may be `browser`, `utc`, a name or empty. */
export function ianaZone(setting: string | undefined): string {
  if (!setting || setting === BROWSER_TIMEZONE) {
    return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  }
  return setting.toLowerCase() === 'utc' ? 'UTC' : setting;
}

/** Zones that this browser knows, UTC first. */
export function knownZones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
}
