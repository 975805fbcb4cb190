using System.Text;

namespace MeaiBudget;

/// <summary>
/// Redacts one text that arrives in pieces, for example a streamed answer. The returned pieces, joined, equal the result of
/// <see cref="SecretRedactor"/> for the whole text, however the text was split.
/// </summary>
/// <remarks>
/// <para>
/// Holds back text that could be the beginning of a secret: usually the last one or two words, at most about a thousand
/// characters; in a table with a column of secrets, a row of up to 2,048. The content of a secret is not kept.
/// </para>
/// <para>Not thread-safe. Use one redactor for each text.</para>
/// </remarks>
internal sealed class StreamingSecretRedactor
{
    private readonly LayeredScan _secrets;
    private readonly EmailScan? _emails;
    private readonly StringBuilder _output = new();
    private string _heldEmails = "";
    private bool _isComplete;

    internal StreamingSecretRedactor(SecretRuleSet rules, bool redactsEmailAddresses)
    {
        _secrets = new LayeredScan(rules);
        _emails = redactsEmailAddresses ? new EmailScan() : null;
    }

    /// <summary>Appends the next piece and returns the text that is certain so far.</summary>
    /// <param name="text">The piece; may be empty.</param>
    /// <returns>The redacted text that is certain so far; may be empty.</returns>
    /// <exception cref="InvalidOperationException">The text is already complete.</exception>
    public string Append(ReadOnlySpan<char> text)
    {
        ThrowIfComplete();
        return Advance(text, isFinal: false);
    }

    /// <summary>Completes the text and returns the rest.</summary>
    /// <returns>The text that was held back, redacted; may be empty.</returns>
    /// <exception cref="InvalidOperationException">The text is already complete.</exception>
    public string Complete()
    {
        ThrowIfComplete();
        _isComplete = true;
        return Advance([], isFinal: true);
    }

    internal int HeldCapacity => _secrets.Capacity;

    private void ThrowIfComplete()
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The text is already complete. Create a new redactor for the next text.");
        }
    }

    private string Advance(ReadOnlySpan<char> text, bool isFinal)
    {
        _output.Clear();
        _secrets.Advance(text, isFinal, _output);
        return _emails is null ? _output.ToString() : AdvanceEmails(isFinal);
    }

    private string AdvanceEmails(bool isFinal)
    {
        _heldEmails += _output.ToString();
        _output.Clear();
        _emails!.Advance(_heldEmails, isFinal, _output);
        _heldEmails = _heldEmails[_emails.Trim()..];
        return _output.ToString();
    }
}
