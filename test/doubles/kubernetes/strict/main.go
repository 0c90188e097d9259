// Reads manifests from standard input as Kubernetes' own types and fails on every field that those do not have, as the API
// server does for `kubectl apply --validate=strict`. It does not judge values.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	for _, document := range bytes.Split(input, []byte("\n---\n")) {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			fail(err)
		}
		var object any
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 ConfigMap":
			object = &corev1.ConfigMap{}
		case "batch/v1 Job":
			object = &batchv1.Job{}
		default:
			fail(fmt.Errorf("unknown kind %q of %q", kind.Kind, kind.APIVersion))
		}
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			fail(err)
		}
		fmt.Println(kind.Kind)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
