import { expect, test } from '@grafana/plugin-e2e';
import { dataSource } from './told';

const type = 'livedora-dora-datasource';
const token = 'a-token-that-stays-secret';

test('a data source is configured, and says in a sentence what is wrong', async ({
  createDataSourceConfigPage,
  page,
}) => {
  await createDataSourceConfigPage({
    type,
    name: `Configured by a browser ${Date.now()}`,
    deleteDataSourceAfterTest: true,
  });
  await page.getByRole('button', { name: 'Add source' }).click();
  await page.getByLabel('URL', { exact: true }).fill('http://127.0.0.1:9'); // where nobody listens
  await page.getByLabel('Repositories').fill('example-health/*');
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Save & test' }).click();
  const alert = page.getByTestId('data-testid Alert error');
  await expect(alert).toBeVisible();
  await expect(alert).toContainText('github');
  expect(await page.content()).not.toContain(token);
});

test('the provisioned data source is healthy', async ({ gotoDataSourceConfigPage, page }) => {
  await gotoDataSourceConfigPage('livedora');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(
    page.getByText(/(The source answers|All \d+ sources answer)\. Collected: \d+ deployments/)
  ).toBeVisible();
});

test('a source is set up: nothing is red before it is touched, a short interval is allowed, and what is next is told', async ({
  createDataSourceConfigPage,
  page,
}) => {
  await createDataSourceConfigPage({
    type,
    name: `Set up by a browser ${Date.now()}`,
    deleteDataSourceAfterTest: true,
  });
  const faults = page.getByRole('alert').filter({ hasText: /missing|not allowed|is no / });
  await page.getByRole('button', { name: 'Add source' }).click();
  await expect(page.getByText(/No incidents are read: no incident label is given/)).toBeVisible();
  await expect(faults).toHaveCount(0);
  await page.getByLabel('Repositories').fill('example-health/*');
  await page.getByLabel('Collect every', { exact: true }).fill('1m');
  await page.getByLabel('Collect every', { exact: true }).blur();
  await expect(faults).toHaveCount(0);
  await expect(
    page.getByRole('region', { name: 'Next' }).getByRole('link', { name: 'Import the dashboards' })
  ).toBeVisible();

  await page.getByText('Send webhooks of github here').click();
  await expect(page.getByLabel('address', { exact: true })).toContainText(
    /^http.*\/resources\/webhooks\?source=github$/
  );
});

test('a source that is saved is removed after a question', async ({ gotoDataSourceConfigPage, page }) => {
  const source = await dataSource(
    page.request,
    { sources: [{ id: 'github', type: 'github', repositories: ['example-health/*'] }], collect: { every: '1m' } },
    { 'sources.github.token': token }
  );
  try {
    await gotoDataSourceConfigPage(source.uid);
    const card = page.getByRole('group', { name: 'Source github' });
    await page.getByRole('button', { name: 'Remove source github' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await expect(card).toBeVisible();
    await page.getByRole('button', { name: 'Remove source github' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(card).toHaveCount(0);
  } finally {
    await source.takeAway();
  }
});

test('a dead address is told within five seconds', async ({ page: { request } }) => {
  const source = await dataSource(
    request,
    { sources: [{ id: 'github', type: 'github', url: 'http://127.0.0.1:9', repositories: ['example-health/*'] }] },
    { 'sources.github.token': token }
  );
  try {
    const began = Date.now();
    const health = await request.get(`/api/datasources/uid/${source.uid}/health`);
    expect(Date.now() - began).toBeLessThan(5_000);
    const { message } = await health.json();
    expect(message).toContain('github: nothing answers at its address');
    expect(message).not.toMatch(/[{}<>]/); // nothing of what another server wrote
  } finally {
    await source.takeAway();
  }
});

test("the plugin's own page has no raw markup, and all of its pictures", async ({ page }) => {
  await page.goto(`/plugins/${type}`);
  await expect(page.getByText('Live DORA shows teams their five DORA metrics')).toBeVisible();
  await expect(page.getByText(/<picture|<img|<source/)).toHaveCount(0);
  const pictures = page.locator(`img[src*="/${type}/img/"][src$=".png"]`);
  await expect(pictures.first()).toBeVisible();
  await expect
    .poll(() => pictures.evaluateAll((all) => all.filter((each) => !(each as HTMLImageElement).naturalWidth).length))
    .toBe(0);
});

test('alert rules work, and say where to look and what to check', async ({ page: { request } }) => {
  await expect(async () => {
    const answer = await (await request.get('/api/prometheus/grafana/api/v1/rules')).json();
    const rules: Rule[] = answer.data.groups.flatMap((group: { rules: Rule[] }) => group.rules);
    const ours = rules.filter(({ labels }) => labels.product === 'Live DORA');
    expect(ours.length).toBeGreaterThan(5);
    for (const { name, health, annotations } of ours) {
      expect(health, name).toBe('ok');
      expect(annotations, name).toMatchObject({
        __dashboardUid__: expect.stringMatching(/^livedora-/),
        __panelId__: expect.stringMatching(/^\d+$/),
        runbook_url: expect.stringMatching(/runbook\.md#/),
      });
    }
  }).toPass({ timeout: 90_000 }); // until each was evaluated once
});

interface Rule {
  name: string;
  health: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
