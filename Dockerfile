# One image for every role: `docker run ips push`. The models come along; nothing is fetched when a container starts.

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The CUDA provider of onnxruntime is fetched from elsewhere by an install script: GPU images run it on purpose.
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci --omit=dev --no-audit --no-fund

FROM node:24.21.0-bookworm-slim AS models
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-pip ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
ENV XDG_CACHE_HOME=/cache
RUN ./racc install models

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    NODE_OPTIONS=--disable-warning=ExperimentalWarning \
    MODELS_DIRECTORY=/app/models \
    IPS_KEYS_DIRECTORY=/var/lib/ips/keys \
    HEALTH_HOST=0.0.0.0 \
    HTTP_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=models /cache/ips/models ./models
COPY package.json main.ts load-role.ts ./
COPY activities ./activities
COPY gateway ./gateway
COPY lib ./lib
COPY proto/gen ./proto/gen
COPY workers ./workers
COPY workflows ./workflows
RUN mkdir -p /var/lib/ips/keys && chown -R node:node /var/lib/ips
USER node
VOLUME /var/lib/ips
ENTRYPOINT ["node", "main.ts"]
CMD ["--help"]
