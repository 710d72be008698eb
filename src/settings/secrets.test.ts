import { dropSecretsOf, isConfigured, moveSecrets, resetSecret, secretKey, writeSecret } from './secrets';

type Settings = Parameters<typeof isConfigured>[0];

const stored = {
  jsonData: {},
  secureJsonFields: { 'sources.github.token': true, 'sources.github-2.token': true },
  secureJsonData: {},
} as unknown as Settings;

test('a stored token is known to be there, and is not shown', () => {
  expect(isConfigured(stored, secretKey('github', 'token'))).toBe(true);
  expect(stored.secureJsonData).toEqual({});
});

test('a reset token is sent as empty until another is written', () => {
  const reset = resetSecret(stored, secretKey('github', 'token'));
  expect(isConfigured(reset, secretKey('github', 'token'))).toBe(false);
  expect(reset.secureJsonData).toEqual({ 'sources.github.token': '' });
  expect(writeSecret(reset, secretKey('github', 'token'), 'abc').secureJsonData).toEqual({
    'sources.github.token': 'abc',
  });
});

test('a removed source takes its secrets along, and only its own', () => {
  const dropped = dropSecretsOf(writeSecret(stored, secretKey('github-2', 'token'), 'kept'), 'github');
  expect(dropped.secureJsonData).toEqual({ 'sources.github.token': '', 'sources.github-2.token': 'kept' });
  expect(isConfigured(dropped, secretKey('github-2', 'token'))).toBe(true);
});

test('a token typed for a source that was never saved is not sent at all', () => {
  const typed = writeSecret(stored, secretKey('new', 'token'), 'abc');
  expect(dropSecretsOf(typed, 'new').secureJsonData).toEqual({});
});

test('a token typed before the id is renamed follows it; what is to be forgotten stays so', () => {
  const typed = writeSecret(resetSecret(stored, secretKey('github-2', 'token')), secretKey('new', 'token'), 'abc');
  expect(moveSecrets(moveSecrets(typed, 'new', 'forge'), 'github-2', 'x').secureJsonData).toEqual({
    'sources.github-2.token': '',
    'sources.forge.token': 'abc',
  });
});
