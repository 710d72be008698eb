# The collector alone: one static program on a base that has certificates and no shell. It writes nothing but its store, which is
# PostgreSQL, or a file in /var/lib/livedora, which is mounted. `go tool mage release` makes what is copied here:
#
#   docker buildx build --platform linux/amd64,linux/arm64 -f deploy/images/collector.Dockerfile .
FROM gcr.io/distroless/static-debian13:nonroot
ARG TARGETARCH
LABEL org.opencontainers.image.title="Live DORA's collector" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/livedora/dora-datasource"
COPY .cache/release/stage/linux_${TARGETARCH}/livedora-dora-datasource/LICENSE .cache/release/stage/linux_${TARGETARCH}/livedora-dora-datasource/THIRD_PARTY_NOTICES /usr/share/doc/livedora/
COPY .cache/release/stage/linux_${TARGETARCH}/livedora-dora-datasource/gpx_livedora_linux_${TARGETARCH} /usr/bin/livedora
USER 65532:65532
VOLUME ["/var/lib/livedora"]
EXPOSE 8080
ENTRYPOINT ["/usr/bin/livedora"]
CMD ["collect", "--settings", "/etc/livedora/datasource.yaml", "--listen", ":8080", "--log", "json"]
