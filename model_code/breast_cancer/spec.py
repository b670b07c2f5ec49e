"""What the breast-cancer model takes and answers: thirty measurements of a biopsy's cell nuclei, two diagnoses."""

from model_code.contract import Feature, ModelSpec, Schema

# The largest value that counts as a measurement, as mean, standard error and worst of an image's nuclei: twice the
# largest of the data set's 569, rounded. Nothing measured is negative. Units are those of the digitised image.
_MEASUREMENTS = {
    "radius": ("distance from the centre to the perimeter", (56, 5.8, 72)),
    "texture": ("standard deviation of grey values", (79, 9.8, 99)),
    "perimeter": ("length of the outline", (377, 44, 502)),
    "area": ("area within the outline", (5002, 1084, 8508)),
    "smoothness": ("local variation in radius lengths", (0.33, 0.062, 0.45)),
    "compactness": ("perimeter squared over area, less one", (0.69, 0.27, 2.1)),
    "concavity": ("severity of the outline's concave parts", (0.85, 0.79, 2.5)),
    "concave_points": ("number of concave parts of the outline", (0.4, 0.11, 0.58)),
    "symmetry": ("difference between lengths either side of the long axis", (0.61, 0.16, 1.3)),
    "fractal_dimension": ("coastline approximation, less one", (0.19, 0.06, 0.42)),
}
_STATISTICS = (
    ("mean_{}", "mean"),
    ("{}_error", "standard error of the mean"),
    ("worst_{}", "mean of the three largest"),
)

SPEC = ModelSpec(
    name="breast-cancer",
    description="Tells malignant from benign in measurements of cell nuclei from a fine-needle aspirate.",
    inputs=Schema(
        features=tuple(
            Feature(name=name.format(noun), minimum=0, maximum=largest[at], description=f"{meaning} ({statistic})")
            for at, (name, statistic) in enumerate(_STATISTICS)
            for noun, (meaning, largest) in _MEASUREMENTS.items()
        ),
        target="diagnosis",
        classes=("malignant", "benign"),
    ),
)
