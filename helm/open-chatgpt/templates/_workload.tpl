{{- /*
The Deployment of a service: (root, component: "data-ingestion", key: "dataIngestion", values: its values, and optional
env (text), volumes and mounts (lists), ports (list), token: whether the pods get a service-account token,
checksum: annotation that restarts the pods when it changes, drain: seconds in which a stopping pod still accepts requests).
*/ -}}
{{- define "oc.deployment" -}}
{{- $values := .values -}}
{{- $root := .root -}}
{{- $scaled := ne (dig "scaling" "mode" "replicas" $values) "replicas" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "oc.metadata" (dict "root" $root "component" .component) | nindent 2 }}
spec:
  {{- if not $scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "oc.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "oc.podLabels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with merge (dict) $values.podAnnotations (ternary (dict "checksum/config" .checksum) (dict) (not (empty .checksum))) $root.Values.commonAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "oc.serviceAccountName" . }}
      automountServiceAccountToken: {{ .token | default false }}
      enableServiceLinks: false
      {{- if $root.Values.image.pullSecrets }}
      {{- include "oc.pullSecrets" $root | nindent 6 }}
      {{- end }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "oc.selectorLabels" . | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "oc.image" (dict "root" $root "key" .key "service" .component) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          securityContext:
            {{- toYaml $root.Values.containerSecurityContext | nindent 12 }}
          env:
            {{- include "oc.platformEnv" $root | nindent 12 }}
            - name: OPEN_CHATGPT_HOST
              value: "0.0.0.0"
            - name: OPEN_CHATGPT_PORT
              value: "3000"
            - name: OPEN_CHATGPT_WORK_DIR
              value: /work
            {{- with .env }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - { name: http, containerPort: 3000 }
            {{- with .ports }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          startupProbe:
            httpGet: { path: /health/live, port: http }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /health/live, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /health/ready, port: http }
            periodSeconds: 5
            timeoutSeconds: 5
          {{- with .drain }}
          lifecycle:
            preStop:
              sleep: { seconds: {{ . }} }
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            - { name: work, mountPath: /work }
            {{- with .mounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- with $values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: work
          {{- toYaml $values.workVolume | nindent 10 }}
        {{- with .volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with $values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "oc.pullSecrets" -}}
imagePullSecrets:
  {{- range .Values.image.pullSecrets }}
  - name: {{ . }}
  {{- end }}
{{- end }}

{{- define "oc.serviceAccount" -}}
{{- if .values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "oc.metadata" (dict "root" .root "component" .component "name" (include "oc.serviceAccountName" .) "annotations" .values.serviceAccount.annotations) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
{{- end }}

{{- /* The Service of a component: (root, component, type?, port?, annotations?, extraPorts?). */ -}}
{{- define "oc.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "oc.metadata" . | nindent 2 }}
spec:
  type: {{ .type | default "ClusterIP" }}
  selector:
    {{- include "oc.selectorLabels" . | nindent 4 }}
  ports:
    - { name: http, port: {{ .port | default 80 }}, targetPort: http, appProtocol: http }
    {{- with .extraPorts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* Fewest pods that a component may have. */ -}}
{{- define "oc.fewestReplicas" -}}
{{- if eq (dig "scaling" "mode" "replicas" .) "replicas" -}}
{{ .replicas }}
{{- else -}}
{{ .scaling.minReplicas }}
{{- end }}
{{- end }}

{{- define "oc.podDisruptionBudget" -}}
{{- if and .values.podDisruptionBudget.enabled (gt (include "oc.fewestReplicas" .values | int) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "oc.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "oc.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end }}

{{- define "oc.ingress" -}}
{{- $values := .values.ingress }}
{{- $name := include "oc.componentName" . }}
{{- if $values.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "oc.metadata" (dict "root" .root "component" .component "annotations" $values.annotations) | nindent 2 }}
spec:
  {{- with $values.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $values.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range $values.hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service: { name: {{ $name }}, port: { name: http } }
    {{- else }}
    {{- fail (printf "%s.ingress.hosts is empty: name at least one host" .key) }}
    {{- end }}
{{- end }}
{{- end }}

{{- /* Who may call the API of a component: (root, component, key, values). Result: variables. */ -}}
{{- define "oc.accessEnv" -}}
{{- if .values.auth.existingSecret -}}
- name: OPEN_CHATGPT_TOKENS
  value: /etc/open-chatgpt/tokens/{{ .values.auth.key }}
{{- else if .values.auth.anonymous -}}
- name: OPEN_CHATGPT_ANONYMOUS
  value: "true"
{{- else -}}
{{- fail (printf "%s.auth.existingSecret is empty: name the Secret with the token file (openchat token create), or set %s.auth.anonymous=true where the network restricts access" .key .key) }}
{{- end }}
{{- with .values.corsOrigins }}
- name: OPEN_CHATGPT_CORS_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}

{{- define "oc.accessVolumes" -}}
{{- if .values.auth.existingSecret }}
- name: tokens
  secret: { secretName: {{ .values.auth.existingSecret }} }
{{- end }}
{{- end }}

{{- define "oc.accessMounts" -}}
{{- if .values.auth.existingSecret }}
- { name: tokens, mountPath: /etc/open-chatgpt/tokens, readOnly: true }
{{- end }}
{{- end }}
