/** What a plain value is: a text, a list of texts, or texts by names of one's own. */
export type Plain = 'text' | 'texts' | 'named';

/** What a value in the settings of services is: a plain one, an object of given keys, or a list of such. */
export type Shape = Plain | { [key: string]: Shape } | [{ [key: string]: Shape }];

/** All that a service may say. What a file says beyond it is a mistake. */
export const serviceShape: { [key: string]: Shape } = {
  match: {
    source: 'text',
    repository: 'text',
    group: 'text',
    topic: 'text',
    property: 'named',
    environment: 'text',
    tier: 'text',
    task: 'text',
    tagPrefix: 'text',
    path: 'text',
  },
  name: 'text',
  team: 'text',
  teams: 'texts',
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
export function leaves(shape: { [key: string]: Shape }, before = ''): Array<[path: string, of: Plain]> {
  return Object.entries(shape).flatMap(([key, of]): Array<[string, Plain]> => {
    if (typeof of === 'string') {
      return [[before + key, of]];
    }
    return Array.isArray(of) ? [] : leaves(of, `${before}${key}.`);
  });
}

/** The lists of objects that a service has. */
export const entryKinds = Object.entries(serviceShape).flatMap(([key, of]) =>
  Array.isArray(of) ? [{ kind: key as 'deployments' | 'incidents', shape: of[0] }] : []
);
