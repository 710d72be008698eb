import { expect, test } from '@grafana/plugin-e2e';

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
  await expect(page.getByText(/The source answers\. Collected: \d+ deployments/)).toBeVisible();
});
