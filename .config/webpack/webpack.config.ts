import CopyPlugin from 'copy-webpack-plugin';
import path from 'path';
import type { Configuration } from 'webpack';

import { ListBundled } from './bundled';

// What Grafana expects of a plugin's build is as @grafana/create-plugin scaffolds it: what it shares, an AMD module, a source map
// with the names of files below src. The rest is ours.
const root = process.cwd();
const pluginId = 'livedora-dora-datasource';

/** What Grafana hands to a plugin at run time; everything else is part of the bundle. */
const sharedByGrafana = [
  'react',
  'react-dom',
  'rxjs',
  '@emotion/css',
  '@grafana/data',
  '@grafana/runtime',
  '@grafana/ui',
];

/**
 * Documents of the package, taken over as they are. Those that are not written yet are left out. Grafana shows the README on
 * the plugin's page, where the repository's own would have dead links and pictures.
 */
const documents = [
  { from: 'plugin.json', to: '.' },
  ...['src/README.md', 'CHANGELOG.md', 'LICENSE'].map((name) => ({
    from: name,
    to: '[name][ext]',
    noErrorOnMissing: true,
  })),
  { from: 'src/img', to: 'img' },
  { from: 'docs/img/{overview,lead-time,signals,trust}-dark.png', to: 'img/[name][ext]' },
  { from: 'dashboards/*.json', to: 'dashboards/[name][ext]', noErrorOnMissing: true },
];

const config: Configuration = {
  context: path.resolve(root, 'src'), // the source map names files from here, and Grafana's catalogue compares them
  entry: { module: './module.ts' },
  devtool: 'source-map',
  externals: sharedByGrafana,
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: {
            jsc: {
              target: 'es2020',
              parser: { syntax: 'typescript', tsx: true },
              transform: { react: { runtime: 'classic' } },
            },
          },
        },
      },
    ],
  },
  output: {
    path: path.resolve(root, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: `public/plugins/${pluginId}/`,
    uniqueName: pluginId,
    // The backend's binaries and the notices are built into the same folder, by other tools.
    clean: { keep: /gpx_|go_plugin_build_manifest|THIRD_PARTY_NOTICES/ },
  },
  plugins: [
    new CopyPlugin({ patterns: documents.map((each) => ({ ...each, context: root })) }),
    new ListBundled(root, '.cache/bundled.json'),
  ],
};

export default config;
