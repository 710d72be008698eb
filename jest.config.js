// Days and buckets in tests mean the same everywhere.
process.env.TZ = 'UTC';

module.exports = {
  testEnvironment: 'jsdom',
  testTimeout: 60_000, // for machines that are busy with something else
  roots: ['<rootDir>/src'],
  setupFilesAfterEnv: ['<rootDir>/jest.setup.ts'],
  moduleNameMapper: { '\\.css$': '<rootDir>/.config/jest/no-styles.js' },
  transform: {
    '^.+\\.m?[tj]sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'classic' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  // Packages that come as ES modules only are transformed like our own files.
  transformIgnorePatterns: [
    '/node_modules/(?!.*(@grafana/schema|@wojtekmaj/date-utils|d3|d3-[a-z-]+|get-user-locale|marked|memoize|mimic-function|ol|quickselect|rbush|earcut|react-calendar|react-colorful|uuid)/)',
  ],
};
