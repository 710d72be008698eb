import { Source } from '../settings/settings';

/** What a system that sends webhooks is told, word for word; TOKEN and SECRET are for the person to fill in. */
export interface Sender {
  /** Where the text goes. */
  place: string;
  text: string;
}

/** The events that GitHub is asked to send; what else a source's deployments are made of comes on top. */
const githubEvents = [
  'Deployments',
  'Deployment statuses',
  'Issues',
  'Pull requests',
  'Pull request reviews',
  'Pushes',
];
const moreEvents: Record<string, string> = { workflow_runs: 'Workflow runs', releases: 'Releases' };

export function addressOf(grafana: string, uid: string, id: string): string {
  return `${grafana.replace(/\/$/, '')}/api/datasources/uid/${encodeURIComponent(uid)}/resources/webhooks?source=${encodeURIComponent(id)}`;
}

export function senderOf({ id, type, deployments }: Source, address: string): Sender {
  switch (type) {
    case 'github': {
      const more = moreEvents[deployments?.from ?? ''];
      return {
        place: "In GitHub's organisation or repository, Settings → Webhooks → Add webhook:",
        text: [
          `Payload URL: ${address.replace('://', '://api_key:TOKEN@')}`,
          'Content type: application/json',
          'Secret: SECRET',
          `Events: ${[...githubEvents, ...(more ? [more] : [])].join(', ')}`,
        ].join('\n'),
      };
    }
    case 'alertmanager':
      return {
        place: "In Alertmanager's configuration (0.28 or later):",
        text: [
          'receivers:',
          '  - name: live-dora',
          '    webhook_configs:',
          `      - url: ${address}`,
          '        send_resolved: true',
          '        max_alerts: 500',
          '        http_config:',
          '          authorization: { credentials: TOKEN }',
          '          http_headers: { X-Live-Dora-Secret: { secrets: [SECRET] } }',
        ].join('\n'),
      };
  }
  return {
    place: 'In a shell or a pipeline:',
    text: [
      `curl -sS --fail-with-body -X POST '${address}' \\`,
      "  -H 'Authorization: Bearer TOKEN' -H 'X-Live-Dora-Secret: SECRET' -H 'Content-Type: application/json' \\",
      `  -d '{"incidents": [{"id": "${id}-1", "service": "booking", "title": "Searches time out", "opened": "2026-03-02T09:30:00Z"}]}'`,
    ].join('\n'),
  };
}
