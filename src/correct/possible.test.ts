import { BackendSrvRequest, config, setBackendSrv } from '@grafana/runtime';
import { firstValueFrom, Observable, of, throwError } from 'rxjs';
import { possibleAt } from './possible';

let sent: BackendSrvRequest[];

function grafana(orgRole: string, answer: Observable<unknown>) {
  sent = [];
  config.bootData = { user: { orgRole } } as never;
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      sent.push(request);
      return answer;
    },
  } as never);
}

test('an editor can correct where what is tried would be kept, and is asked once', async () => {
  grafana('Editor', of({ status: 200 }));
  const possible = possibleAt('dora');
  await expect(firstValueFrom(possible)).resolves.toBe(true);
  await expect(firstValueFrom(possible)).resolves.toBe(true);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    url: '/api/datasources/uid/dora/resources/v1/corrections?try=true',
    method: 'POST',
    headers: { 'X-Grafana-Action': '1' },
    showErrorAlert: false,
  });
});

test.each([
  [405, 'Grafana lets no page send it'],
  [409, 'the store keeps nothing'],
])('an answer of %i: %s', async (status) => {
  grafana(
    'Admin',
    throwError(() => ({ status }))
  );
  await expect(firstValueFrom(possibleAt('dora'))).resolves.toBe(false);
});

test('a viewer is not offered it, and nothing is tried', async () => {
  grafana('Viewer', of({ status: 200 }));
  await expect(firstValueFrom(possibleAt('dora'))).resolves.toBe(false);
  expect(sent).toEqual([]);
});
