using System.Buffers;

namespace MeaiBudget;

/// <summary>The runs that the rules share. Overlapping secrets with the same run object are walked once.</summary>
internal static class SecretRuns
{
    /// <summary>The number of backslashes before a quote that is nested in five strings.</summary>
    public const int MostBackslashes = 31;

    private const string Quotes = "\"'`";

    /// <summary>Signs of typography and of East Asian text, which end a value in prose.</summary>
    private const string Typographic = "“”„‟«»‹›「」『』《》‘’，。；、！？）】｝…";
    private const string LowerLetters = "abcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";
    private const string LettersAndDigits = LowerLetters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Digits;

    /// <summary>Line breaks and quotes as JSON escapes them.</summary>
    private static readonly string[] EscapedEnds = ["\\n", "\\r", "\\t", "\\\"", "\\u000a", "\\u000d", "\\u0022", "\\u0027", "\\\\n", "\\\\\""];

    /// <summary>Delimiters as an address encodes them.</summary>
    private static readonly string[] EncodedEnds = ["26", "3b", "22", "27", "20", "0a", "0d", "7d", "2c", "3c"];

    private static readonly QuotedRun[] QuotedRuns =
    [
        .. from quote in Quotes from backslashes in Enumerable.Range(0, MostBackslashes + 1) select new QuotedRun(quote, backslashes),
    ];

    private static readonly EscapedQuotedRun[] EscapedQuotedRuns =
    [
        .. from quote in Quotes from backslashes in Enumerable.Range(0, MostBackslashes + 1) select new EscapedQuotedRun(quote, backslashes),
    ];

    public static CharacterRun Token { get; } = Of(SecretPattern.TokenCharacters);

    public static CharacterRun TokenWithDots { get; } = Of(SecretPattern.TokenCharacters + ".");

    public static CharacterRun Base64 { get; } = Of(LettersAndDigits + "+/=_-");

    public static CharacterRun JsonWebToken { get; } = Of(LettersAndDigits + "+/=_-.");

    public static CharacterRun Word { get; } = Of(LettersAndDigits);

    public static CharacterRun Capitals { get; } = Of("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Digits);

    public static CharacterRun CapitalGroups { get; } = Of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-" + Digits);

    public static CharacterRun Hexadecimal { get; } = Of("abcdefABCDEF" + Digits);

    /// <summary>The characters of b64token in RFC 6750.</summary>
    public static CharacterRun Bearer { get; } = Of(LettersAndDigits + "-._~+/=");

    public static CharacterRun AzureClientSecret { get; } = Of(LettersAndDigits + "_~.-");

    public static PrivateKeyRun PrivateKey { get; } = new("-----", "-----END");

    public static PrivateKeyRun SshPrivateKey { get; } = new("----", "---- END");

    /// <summary>An unquoted value after a colon.</summary>
    public static DelimitedRun Unquoted { get; } = new(Quotes + " \t\r\n&;,<>)}|\u001b" + Typographic) { IsParameter = false };

    /// <summary>An unquoted value after an equals sign. A connection string's value may contain commas and brackets.</summary>
    public static DelimitedRun Assigned { get; } = new(Quotes + " \t\r\n&;<\u001b" + Typographic) { IsParameter = false };

    /// <summary>The value of a parameter in an address.</summary>
    public static DelimitedRun Parameter { get; } = new(Quotes + " \t\r\n&;<\u001b" + Typographic);

    /// <summary>An unquoted value that has its line for itself.</summary>
    public static SequenceRun LineValue { get; } = new(Quotes + " \t\r\n<\u001b" + Typographic, [", ", ",\r", ",\n", ",\\n", .. EscapedEnds]);

    /// <summary>A value in typographic quotes.</summary>
    public static SequenceRun TypographicQuoted { get; } = new("\t\r\n<" + Typographic, EscapedEnds);

    /// <summary>An argument of a command line.</summary>
    public static DelimitedRun Argument { get; } = new(Quotes + " \t\r\n");

    /// <summary>A value in braces, as in an ODBC connection string.</summary>
    public static DelimitedRun Braced { get; } = new("}\r\n");

    /// <summary>The content of an XML element, plain, escaped or in a CDATA section.</summary>
    public static SequenceRun TagContent { get; } = new("<\r\n", ["&lt;", "]]>", "\\u003c", "%3c", .. EscapedEnds]);

    /// <summary>A value whose quotes are HTML entities.</summary>
    public static SequenceRun EntityQuoted { get; } = new("\"\r\n", ["&quot;", "&#34;", "&#x22;", "&#39;", "&#x27;", "&apos;"]);

    /// <summary>A percent-encoded value: up to an encoded or plain delimiter.</summary>
    public static SequenceRun PercentEncoded { get; } = new(Quotes + " \t\r\n&<>", [.. EncodedEnds.Select(static end => "%" + end), .. EncodedEnds.Select(static end => "%25" + end), .. EscapedEnds]);

    /// <summary>The path of an address, plain or escaped.</summary>
    public static CharacterRun UrlPath { get; } = Of(LettersAndDigits + "+/=_-.@~%$:!*,?&#");

    /// <summary>Base64 in lines; a line break may be escaped.</summary>
    public static CharacterRun KeyBody { get; } = Of(LettersAndDigits + "+/=\r\n");

    public static CharacterRun Path { get; } = Of(LettersAndDigits + "_-/");

    public static CharacterRun Encoded { get; } = Of(LettersAndDigits + "%_-");

    public static CharacterRun PasswordHash { get; } = Of(LettersAndDigits + "$./=,+_-");

    /// <summary>A hash of a password whose parts are joined by colons, too.</summary>
    public static CharacterRun SaltedHash { get; } = Of(LettersAndDigits + "$./=,+_-:");

    public static CharacterRun Symbols { get; } = Of(LettersAndDigits + "!@#$%^&*(-_=+)");

    public static CharacterRun PathWithDollars { get; } = Of(LettersAndDigits + "_-$");

    public static DelimitedRun HeaderValue { get; } = new(Quotes + "\r\n");

    public static DelimitedRun Line { get; } = new("\r\n");

    public static BracketedRun Bracketed { get; } = new(Unquoted);

    public static bool IsTypographicQuote(char character) => character is '“' or '„' or '«' or '‹' or '「' or '『' or '《' or '‘';

    public static bool IsQuote(char character) => Quotes.Contains(character);

    public static QuotedRun Quoted(char quote, int backslashes) => QuotedRuns[IndexOf(quote, backslashes)];

    public static EscapedQuotedRun EscapedQuoted(char quote, int backslashes) => EscapedQuotedRuns[IndexOf(quote, backslashes)];

    private static int IndexOf(char quote, int backslashes) => (Quotes.IndexOf(quote) * (MostBackslashes + 1)) + backslashes;

    private static CharacterRun Of(string characters) => new(SearchValues.Create(characters));
}
