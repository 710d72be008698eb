/** What a value in the settings of services is: a text, a list of texts, an object of given keys, or a list of such. */
export type Shape = 'text' | 'texts' | { [key: string]: Shape } | [{ [key: string]: Shape }];

/** All that a service may say. What a file says beyond it is a mistake. */
export const serviceShape: { [key: string]: Shape } = {
  name: 'text',
  team: 'text',
  deployments: [
    {
      source: 'text',
      repository: 'text',
      environment: 'text',
      tier: 'text',
      tagPrefix: 'text',
      task: 'text',
      paths: 'texts',
      code: { source: 'text', repository: 'text' },
    },
  ],
  incidents: [{ source: 'text', repository: 'text', service: 'text', labels: 'texts', excludeLabels: 'texts' }],
};

/** The settings of one key that are plain values, such as code.source, with what each is. */
export function leaves(shape: { [key: string]: Shape }, before = ''): Array<[path: string, 'text' | 'texts']> {
  return Object.entries(shape).flatMap(([key, of]): Array<[string, 'text' | 'texts']> => {
    if (of === 'text' || of === 'texts') {
      return [[before + key, of]];
    }
    return Array.isArray(of) ? [] : leaves(of, `${before}${key}.`);
  });
}

/** The lists of objects that a service has. */
export const entryKinds = Object.entries(serviceShape).flatMap(([key, of]) =>
  Array.isArray(of) ? [{ kind: key as 'deployments' | 'incidents', shape: of[0] }] : []
);
