"""Cells of the notebook in which the rivals stand, each in a box of its own class."""

CELLS = [
    """
%matplotlib inline
import io
import anywidget, bqplot, ipycanvas, numpy as np, traitlets
import ipywidgets as w
import matplotlib.pyplot as plt
from matplotlib.image import imsave
import invertviz
from invertviz.widgets import DrawingCanvas

network = invertviz.load_pretrained()
digits = invertviz.datasets.load("mnist-sample").test.images

def see(image):
    return network.reconstruct(image).images[0]

def boxed(name, *children):
    box = w.VBox(children)
    box.add_class(f"rival-{name}")
    return box

def opened(comm, message):
    answer = bytes(4 * (784 + 100 + 10))
    comm.on_msg(lambda message: comm.send({}, buffers=[answer]))

get_ipython().kernel.comm_manager.register_target("echo", opened)
""",
    """
canvas = DrawingCanvas(network)
boxed("invertviz", canvas)
""",
    """
class Naive(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
        const make = (name) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 28;
            canvas.className = name;
            canvas.style.width = "112px";
            el.append(canvas);
            return canvas;
        };
        const surface = make("naive-surface"), result = make("naive-result");
        const image = new Float32Array(784);
        surface.addEventListener("pointermove", (event) => {
            const { left, top, width, height } = surface.getBoundingClientRect();
            const row = Math.floor(28 * (event.clientY - top) / height);
            const column = Math.floor(28 * (event.clientX - left) / width);
            image[28 * row + column] = (image[28 * row + column] + 0.3) % 1;
            model.send({}, undefined, [image.slice().buffer]);
        });
        model.on("msg:custom", (_, [buffer]) => {
            const values = new Float32Array(buffer.buffer.slice(0));
            const picture = new ImageData(28, 28);
            values.forEach((v, i) => picture.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i));
            result.getContext("2d").putImageData(picture, 0, 0);
        });
    } };
    '''

    def __init__(self):
        super().__init__()
        self.on_msg(self.answer)

    def answer(self, _, content, buffers):
        image = np.frombuffer(buffers[0], dtype=np.float32).reshape(28, 28)
        self.send({}, buffers=[see(image).tobytes()])

boxed("naive", Naive())
""",
    """
board = ipycanvas.Canvas(width=280, height=280)
board_image = np.zeros((28, 28), np.float32)

def moved(x, y):
    row, column = min(int(y / 10), 27), min(int(x / 10), 27)
    board_image[row, column] = (board_image[row, column] + 0.3) % 1
    levels = (255 * see(board_image).clip(0, 1)).astype(np.uint8)
    board.put_image_data(np.kron(levels, np.ones((10, 10), np.uint8))[..., None].repeat(3, 2))

board.on_mouse_move(moved)
boxed("ipycanvas", board)
""",
    """
def show(step):
    plt.imshow(see(digits[step % 500]), cmap="gray", vmin=0, vmax=1)
    plt.show()

boxed("interact", w.interactive(show, step=(0, 5000)))
""",
    """
def png(image):
    file = io.BytesIO()
    imsave(file, image, cmap="gray", vmin=0, vmax=1, format="png")
    return file.getvalue()

def picture(step):
    return w.Image(value=png(see(digits[step % 500])), format="png")

scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
mark = bqplot.Image(image=picture(0), scales=scales)
slider = w.IntSlider(max=5000)

def moved_on(change):
    shown = mark.image
    mark.image = picture(change["new"])  # the page looks at nothing less than another image
    shown.close()

slider.observe(moved_on, "value")
boxed("bqplot", slider, bqplot.Figure(marks=[mark]))
""",
]
