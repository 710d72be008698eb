import { createHmac } from 'node:crypto';
import { expect, test } from '@grafana/plugin-e2e';
import type { APIRequestContext, APIResponse, Locator, Page } from '@playwright/test';

const repository = 'example-health/told-by-a-browser';
const secret = 'a-secret-of-webhooks';

/** A data source that is told what happens, beside the provisioned one: its events are gone when it is taken away. */
async function told(request: APIRequestContext) {
  const provisioned = await (await request.get('/api/datasources/uid/livedora')).json();
  const made = await answered(
    request.post('/api/datasources', {
      data: {
        type: 'livedora-dora-datasource',
        name: `Told by a browser ${Date.now()}`,
        access: 'proxy',
        jsonData: { sources: [{ id: 'ci', type: 'webhook' }], store: provisioned.jsonData.store },
        secureJsonData: { 'sources.ci.webhookSecret': secret },
      },
    })
  );
  const { uid } = (await made.json()).datasource;
  const resources = `/api/datasources/uid/${uid}/resources`;
  const deployment = (id: string) => ({
    id,
    repository,
    environment: 'production',
    sha: id.padStart(40, '0'),
    status: 'success',
    at: new Date().toISOString(),
  });
  return {
    uid,
    post: (...ids: string[]) =>
      answered(request.post(`${resources}/v1/deployments?source=ci`, { data: ids.map(deployment) })),
    sendWebhook: (id: string) => {
      const data = JSON.stringify({ deployments: [deployment(id)] });
      const signature = createHmac('sha256', secret).update(data).digest('hex');
      const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` };
      return answered(request.post(`${resources}/webhooks?source=ci`, { data, headers }));
    },
    takeAway: async () => {
      await answered(request.delete(`${resources}/v1/sources?source=ci`));
      await answered(request.delete(`/api/datasources/uid/${uid}`));
    },
  };
}

async function answered(asked: Promise<APIResponse>): Promise<APIResponse> {
  const response = await asked;
  expect(response.ok(), `${response.status()} ${await response.text()}`).toBe(true);
  return response;
}

function tile(page: Page, title: string): Locator {
  return page.getByTestId(`data-testid Panel header ${title}`).first();
}

test('deployments change the tile of whoever looks, without a reload', async ({ gotoDashboardPage, page }) => {
  const source = await told(page.request);
  try {
    await source.post(...Array.from({ length: 12 }, (_, i) => `${i + 1}`)); // so many that no tile says that it rests on few
    await gotoDashboardPage({
      uid: 'livedora-overview',
      queryParams: new URLSearchParams({ 'var-datasource': source.uid, 'var-service': repository, refresh: '' }),
    });
    const frequency = tile(page, 'Deployments');
    await expect(frequency).toContainText(/12\s*deployments/);

    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/api/ds/query') && asked.push(request.url()));
    page.on('load', () => asked.push('the page again'));
    await source.post('13');
    await expect(frequency).toContainText(/13\s*deployments/);
    await source.sendWebhook('14');
    await expect(frequency).toContainText(/14\s*deployments/);
    expect(asked, 'all came through Grafana Live').toEqual([]);

    await test.step('that they are live leaves room for the titles of tiles', async () => {
      for (const title of ['Deployments', 'Lead time', 'Failure rate', 'Recovery time', 'Rework']) {
        const heading = tile(page, title).getByRole('heading', { name: title });
        const [whole, shown] = await heading.evaluate((h) => [h.scrollWidth, h.clientWidth]);
        expect(shown, title).toBeGreaterThanOrEqual(whole);
      }
    });
  } finally {
    await source.takeAway();
  }
});
