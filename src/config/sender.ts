import { Source } from '../settings/settings';
import { holdsAnywhere, systemOf } from '../settings/systems';

/** What a system that sends webhooks is told, word for word; TOKEN and SECRET are for the person to fill in. */
export interface Sender {
  /** Where the text goes. */
  place: string;
  text: string;
}

export function addressOf(grafana: string, uid: string, id: string): string {
  return `${grafana.replace(/\/$/, '')}/api/datasources/uid/${encodeURIComponent(uid)}/resources/webhooks?source=${encodeURIComponent(id)}`;
}

/** Nothing where the system sends none. */
export function senderOf(source: Source, address: string): Sender | undefined {
  const system = systemOf(source.type);
  if (system?.webhook === undefined) {
    return undefined;
  }
  const { place, template, events = [] } = system.webhook;
  const asked = events.filter(({ when }) => holdsAnywhere(system, source, when)).map(({ name }) => name);
  const words: Record<string, string> = {
    '<address>': address,
    '<login>': address.replace('://', '://api_key:TOKEN@'),
    '<id>': source.id,
    '<events>': asked.join(', '),
  };
  return { place, text: template.replace(/<\w+>/g, (word) => words[word] ?? word) };
}
