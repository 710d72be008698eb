import { createHmac } from 'node:crypto';
import { expect } from '@grafana/plugin-e2e';
import type { APIRequestContext, APIResponse } from '@playwright/test';

export const repository = 'example-health/told-by-a-browser';
const secret = 'a-secret-of-webhooks';
const MINUTE_MS = 60_000;

/** A time that is so many minutes ago. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE_MS).toISOString();
}

export async function answered(asked: Promise<APIResponse>): Promise<APIResponse> {
  const response = await asked;
  expect(response.ok(), `${response.status()} ${await response.text()}`).toBe(true);
  return response;
}

/** Makes a data source with these settings, which whoever made it takes away. */
export async function dataSource(request: APIRequestContext, jsonData: object, secureJsonData: object) {
  const made = await answered(
    request.post('/api/datasources', {
      data: {
        type: 'livedora-dora-datasource',
        name: `Told by a browser ${Date.now()} ${Math.random()}`,
        access: 'proxy',
        jsonData,
        secureJsonData,
      },
    })
  );
  const { uid } = (await made.json()).datasource;
  return {
    uid,
    resources: `/api/datasources/uid/${uid}/resources`,
    takeAway: async () => {
      await answered(request.delete(`/api/datasources/uid/${uid}`));
    },
  };
}

/** A data source that is told what happens, beside the provisioned one: its events are gone when it is taken away. */
export async function told(request: APIRequestContext) {
  const provisioned = await (await request.get('/api/datasources/uid/livedora')).json();
  const source = await dataSource(
    request,
    { sources: [{ id: 'ci', type: 'webhook' }], store: provisioned.jsonData.store },
    { 'sources.ci.webhookSecret': secret }
  );
  const { resources } = source;
  const deployment = (id: string, at = new Date().toISOString()) => ({
    id,
    repository,
    environment: 'production',
    sha: id.padStart(40, '0'),
    status: 'success',
    at,
  });
  const post = (what: string, data: object) => answered(request.post(`${resources}/v1/${what}?source=ci`, { data }));
  return {
    ...source,
    post: (...ids: string[]) =>
      post(
        'deployments',
        ids.map((id) => deployment(id))
      ),
    deployed: (id: string, at: string) => post('deployments', [deployment(id, at)]),
    incident: (id: string, title: string, opened: string, resolved?: string) =>
      post('incidents', { id, repository, title, opened, resolved, url: `https://incidents.example/${id}` }),
    failed: (id: string, reason: string) =>
      expect(async () => {
        const data = { verdict: 'failed', deployment: `ci:deployment:${id}`, reason };
        await answered(request.post(`${resources}/v1/corrections`, { data }));
      }).toPass({ timeout: 30_000 }), // what was told a moment ago is worked out in a moment
    sendWebhook: (id: string) => {
      const data = JSON.stringify({ deployments: [deployment(id)] });
      const signature = createHmac('sha256', secret).update(data).digest('hex');
      const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` };
      return answered(request.post(`${resources}/webhooks?source=ci`, { data, headers }));
    },
    takeAway: async () => {
      await answered(request.delete(`${resources}/v1/sources?source=ci`));
      await source.takeAway();
    },
  };
}
