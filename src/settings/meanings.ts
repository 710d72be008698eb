import { ComboboxOption } from '@grafana/ui';

/** The choices of the settings and what each means, the default first. */
export const meanings = {
  otherRepositories: [
    { value: 'as_services', label: 'Services of their own', description: 'each named after itself' },
    { value: 'leave_out', label: 'Left out', description: 'they count for nothing' },
  ],
  unit: [
    { value: 'change', label: 'Change', description: 'each merged pull request or direct commit' },
    { value: 'pull_request', label: 'Pull request', description: 'merged pull requests only' },
    { value: 'commit', label: 'Commit', description: 'each commit, from when it was authored' },
  ],
  leadTimeStart: [
    { value: 'first_commit', label: 'First commit', description: 'when its first commit was authored' },
    { value: 'opened', label: 'Opened', description: 'when the pull request was opened' },
    { value: 'merged', label: 'Merged', description: 'when it reached the main line' },
  ],
  botsLeadTime: [
    { value: 'exclude', label: 'Left out', description: 'only changes made by people count' },
    { value: 'include', label: 'Counted', description: 'changes by bots count as any other' },
  ],
  botsFrequency: [
    { value: 'include', label: 'Counted', description: 'whoever wrote what they ship' },
    { value: 'exclude', label: 'Left out', description: 'unless a person wrote part of what they ship' },
  ],
  redeploys: [
    { value: 'include', label: 'Counted', description: 'the same version again is a deployment' },
    { value: 'exclude', label: 'Left out', description: 'only deployments of another version count' },
  ],
  recovery: [
    {
      value: 'deployment',
      label: 'Of the deployment',
      description: 'from the failed deployment until it was repaired',
    },
    { value: 'incident', label: 'Of the incident', description: 'from the incident opened until it was resolved' },
    {
      value: 'acknowledgement',
      label: 'To acknowledge',
      description: 'from the incident opened until somebody acknowledged it',
    },
  ],
  rework: [
    { value: 'fix', label: 'Repairs', description: 'deployments of a hotfix or a revert, rollbacks, remedies' },
    { value: 'incident', label: 'Repairs after an incident', description: 'only those that an incident called for' },
  ],
  store: [
    { value: 'memory', label: 'Memory', description: 'read again at each start; nothing lasts' },
    { value: 'sqlite', label: 'SQLite file', description: 'kept in a file on the Grafana server' },
    { value: 'postgres', label: 'PostgreSQL', description: 'kept in a database that several Grafanas share' },
  ],
  storeUse: [
    { value: 'primary', label: 'Read and write', description: 'this Grafana collects and takes posts' },
    { value: 'replica', label: 'Read a replica', description: 'it answers and collects nothing' },
  ],
  storeTls: [
    { value: 'verify', label: 'Verified', description: "encrypted, and the certificate is the server's" },
    { value: 'require', label: 'Encrypted', description: 'whoever the server is' },
    { value: 'disable', label: 'None', description: 'whoever is between reads the password and the data' },
  ],
} satisfies Record<string, ComboboxOption[]>;

/** The kinds of evidence that a deployment failed, strongest first; all count unless a list says otherwise. */
export const evidenceKinds = [
  { value: 'explicit', label: 'Explicit', description: 'an incident names the deployment' },
  { value: 'rollback', label: 'Rollback', description: 'an earlier version was deployed again' },
  { value: 'remedy', label: 'Remedy', description: 'a later deployment shipped a revert or hotfix' },
  { value: 'incident', label: 'Incident', description: 'opened soon after the deployment' },
];
