using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace MeaiBudget;

/// <summary>Text that is HTML. Every other text that is written into it is encoded, so a name can never become markup.</summary>
internal readonly record struct Html(string Text)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static Html Empty { get; } = new("");

    /// <summary>Makes HTML from an interpolated text whose values are encoded.</summary>
    public static Html Of(ref HtmlBuilder builder) => builder.ToHtml();

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.Text)));

    public static string Encode(string text) => Encoder.Encode(text);

    public override string ToString() => Text;
}

/// <summary>Writes an interpolated text as HTML.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlBuilder(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(Html html) => _text.Append(html.Text);

    public void AppendFormatted(IEnumerable<Html> parts)
    {
        foreach (Html part in parts)
        {
            _text.Append(part.Text);
        }
    }

    public void AppendFormatted(string? text)
    {
        if (text is not null)
        {
            _text.Append(Html.Encode(text));
        }
    }

    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => _text.Append(Html.Encode(value.ToString(format, CultureInfo.InvariantCulture)));

    public Html ToHtml() => new(_text.ToString());
}
