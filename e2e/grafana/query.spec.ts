import { expect, test } from '@grafana/plugin-e2e';

const dataSource = 'Live DORA';

test('a query in a new panel is answered, and says what it computes', async ({ dashboardPage, page }) => {
  await dashboardPage.goto();
  const panel = await dashboardPage.addPanel();
  await panel.datasource.set(dataSource);
  await panel.setVisualization('Table');
  const row = panel.getQueryEditorRow('A');
  await row.getByLabel('Metric', { exact: true }).click();
  await page.getByRole('option', { name: 'Change lead time' }).click();
  await expect(row.getByRole('status')).toContainText('Median change lead time');
  await expect(panel.refreshPanel()).toBeOK();
  await expect(panel.panel.fieldNames).toContainText(['Change lead time, median']);
});

test('Explore answers a query', async ({ explorePage, page }) => {
  await explorePage.goto();
  await explorePage.datasource.set(dataSource);
  const row = explorePage.getQueryEditorRow('A');
  await expect(row.getByRole('status')).toContainText('Number of deployments');
  await expect(explorePage.runQuery()).toBeOK();
  await expect(page.getByText('No data', { exact: true })).toHaveCount(0);
});
