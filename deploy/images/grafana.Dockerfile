# Grafana with Live DORA and its dashboards. It runs as Grafana's own user, with a read-only root: what is written lies in
# /var/lib/grafana and /tmp, which are mounted. `go tool mage release` makes what is copied here:
#
#   docker buildx build --platform linux/amd64,linux/arm64 -f deploy/images/grafana.Dockerfile .
ARG GRAFANA_VERSION=12.4.2
FROM grafana/grafana:${GRAFANA_VERSION}
ARG TARGETARCH
LABEL org.opencontainers.image.title="Grafana with Live DORA" \
      org.opencontainers.image.licenses="AGPL-3.0-only AND Apache-2.0" \
      org.opencontainers.image.source="https://github.com/livedora/dora-datasource"
# Not below /var/lib/grafana, over which a volume is mounted.
COPY .cache/release/stage/linux_${TARGETARCH}/ /usr/share/livedora/plugins/
COPY provisioning/dashboards/ /etc/grafana/provisioning/dashboards/
ENV GF_PATHS_PLUGINS=/usr/share/livedora/plugins \
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=livedora-dora-datasource \
    GF_PLUGINS_PREINSTALL_DISABLED=true \
    LIVEDORA_DASHBOARDS_PATH=/usr/share/livedora/plugins/livedora-dora-datasource/dashboards
USER 472:0
VOLUME ["/var/lib/grafana", "/tmp"]
EXPOSE 3000
