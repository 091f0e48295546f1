"""What HTML of a notebook may hold: elements and attributes that show something, and do nothing.

Put together from the lists of DOMPurify and of html5lib's sanitizer.
"""

from __future__ import annotations

_HTML = """
    a abbr acronym address area article aside b bdi bdo big blockquote br button caption center cite
    code col colgroup data datalist dd del details dfn dir div dl dt em fieldset figcaption figure
    font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main map mark
    menu meter nav ol optgroup option output p picture pre progress q rp rt ruby s samp search
    section select small source span strike strong style sub summary sup table tbody td textarea
    tfoot th thead time tr track tt u ul var video audio wbr
"""
_SVG = """
    svg circle clipPath defs desc ellipse feBlend feColorMatrix feComponentTransfer feComposite
    feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA
    feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence filter g image line linearGradient marker
    mask metadata path pattern polygon polyline radialGradient rect stop switch symbol text textPath
    tspan use view
"""
_MATHML = """
    math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts
    mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none
    semantics
"""
_HTML_ATTRIBUTES = """
    abbr accept-charset accesskey align alt aria axis background bgcolor border cellpadding
    cellspacing char charoff charset checked class clear color cols colspan compact controls coords
    datetime decoding dir disabled download draggable enctype face for frame headers height hidden
    high href hreflang hspace id inputmode itemprop itemscope itemtype kind label lang list loading
    loop low max maxlength media min minlength multiple muted noshade nowrap open optimum pattern
    placeholder playsinline poster readonly required reversed role rows rowspan rules scope scoped
    selected shape size sizes span spellcheck src srclang srcset start step style summary tabindex
    target title translate type usemap valign value vspace width wrap
"""
_SVG_ATTRIBUTES = """
    accumulate additive alignment-baseline amplitude ascent azimuth baseFrequency baseline-shift
    bias clip clip-path clip-rule clipPathUnits color-interpolation color-interpolation-filters
    color-rendering cursor cx cy d diffuseConstant direction display divisor dominant-baseline dx dy
    edgeMode elevation exponent fill fill-opacity fill-rule filter filterUnits flood-color
    flood-opacity font-family font-size font-size-adjust font-stretch font-style font-variant
    font-weight fx fy g1 g2 glyph-name gradientTransform gradientUnits image-rendering in in2
    intercept k k1 k2 k3 k4 kernelMatrix kernelUnitLength kerning lengthAdjust letter-spacing
    lighting-color limitingConeAngle local marker-end marker-mid marker-start markerHeight
    markerUnits markerWidth mask maskContentUnits maskUnits method mode numOctaves offset opacity
    operator order orient orientation origin overflow paint-order path pathLength
    patternContentUnits patternTransform patternUnits pointer-events points pointsAtX pointsAtY
    pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits r radius refX refY result rotate rx
    ry scale seed shape-rendering spacing specularConstant specularExponent spreadMethod startOffset
    stdDeviation stitchTiles stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width surfaceScale
    systemLanguage tableValues targetX targetY text-anchor text-decoration text-rendering textLength
    transform transform-origin u1 u2 unicode unicode-bidi values vector-effect version viewBox
    visibility word-spacing writing-mode x x1 x2 xChannelSelector xmlns xmlns:xlink xml:space y y1
    y2 yChannelSelector z zoomAndPan
"""
_MATHML_ATTRIBUTES = """
    accent accentunder bevelled close columnalign columnlines columnspacing columnspan denomalign
    depth display displaystyle encoding fence form framespacing largeop length linebreak
    linethickness lquote lspace mathbackground mathcolor mathsize mathvariant maxsize minsize
    movablelimits notation
    numalign open rowalign rowlines rowspacing rquote rspace scriptlevel scriptminsize
    scriptsizemultiplier selection separator separators stretchy subscriptshift superscriptshift
    symmetric voffset
"""

ELEMENTS = frozenset((_HTML + _SVG + _MATHML).split())
ATTRIBUTES = frozenset((_HTML_ATTRIBUTES + _SVG_ATTRIBUTES + _MATHML_ATTRIBUTES).split())
# Of the attributes that are no presentation, `name` and `form` would let an element stand for a
# property of the document, or send something: anchors alone have names.
NAMED = frozenset({"a", "map"})

# Trusted ones whose names have capitals, which a parser of HTML gives back.
CAPITALS = frozenset({"foreignObject", "animateMotion", "animateTransform"})
# Which show or load another page, or lead there by themselves: out whatever is trusted.
_LEADING = "applet base embed fencedframe frame frameset iframe link meta object portal"
LEADING = frozenset(_LEADING.split())
LEADING_ATTRIBUTES = frozenset(("action", "formaction", "http-equiv", "ping", "srcdoc"))
# Out without a word: what stands around a whole document, and says nothing in a part of one.
SILENT = frozenset(("annotation", "body", "head", "html", "noscript", "param", "title"))
# Out with all that they hold; of other elements that are not allowed, what they hold stays.
_WITH_CONTENT = """
    annotation annotation-xml applet fencedframe foreignObject iframe noembed noframes noscript
    object portal script template title xmp
"""
WITH_CONTENT = frozenset(_WITH_CONTENT.split())
