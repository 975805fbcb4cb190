using Spectre.Console;
using Spectre.Console.Rendering;

namespace MeaiBudget.Tool;

/// <summary>
/// Writes control characters and marks of the direction of text as escapes in everything that a console shows: names, tags and answers come from
/// callers and models, and must not steer the terminal. What the console itself sends to the terminal is not changed.
/// </summary>
internal sealed class PrintableOutput : IRenderHook
{
    /// <summary>Attaches the hook to a console.</summary>
    public static IAnsiConsole Attach(IAnsiConsole console)
    {
        console.Pipeline.Attach(new PrintableOutput());
        return console;
    }

    /// <inheritdoc/>
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(static renderable => new Printable(renderable));

    private sealed class Printable(IRenderable inner) : IRenderable
    {
        public Spectre.Console.Rendering.Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth).Select(static segment =>
            segment.IsControlCode || segment.IsLineBreak || WrittenText.Printable(segment.Text, keepLines: true) is var text && ReferenceEquals(text, segment.Text)
                ? segment
                : new Segment(text, segment.Style));
    }
}
