using System.Text;

namespace MeaiBudget;

/// <summary>
/// Redacts one text that arrives in pieces, for example a streamed answer: the pieces returned, put together, are what
/// <see cref="SecretRedactor"/> makes of the whole, wherever the text was split.
/// </summary>
/// <remarks>
/// <para>
/// Holds back what could be the beginning of a secret: usually the last word or two, at most about a thousand characters;
/// the inside of a secret is not kept.
/// </para>
/// <para>Not thread-safe: one text, one caller at a time.</para>
/// </remarks>
internal sealed class StreamingSecretRedactor
{
    private readonly SecretScan _secrets;
    private readonly EmailScan? _emails;
    private readonly StringBuilder _output = new();
    private char[] _held = new char[256];
    private int _heldLength;
    private string _heldEmails = "";
    private bool _isComplete;

    internal StreamingSecretRedactor(SecretRuleSet rules, bool redactsEmailAddresses)
    {
        _secrets = new SecretScan(rules);
        _emails = redactsEmailAddresses ? new EmailScan() : null;
    }

    /// <summary>Takes the next piece.</summary>
    /// <param name="text">The piece; may be empty.</param>
    /// <returns>What is certain by now; may be empty.</returns>
    /// <exception cref="InvalidOperationException">The text was completed.</exception>
    public string Append(ReadOnlySpan<char> text)
    {
        ThrowIfComplete();
        return Advance(text, isFinal: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back, redacted; may be empty.</returns>
    /// <exception cref="InvalidOperationException">The text was completed.</exception>
    public string Complete()
    {
        ThrowIfComplete();
        _isComplete = true;
        return Advance([], isFinal: true);
    }

    internal int HeldCapacity => _held.Length;

    private void ThrowIfComplete()
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The text was completed; make a new redactor for the next one.");
        }
    }

    private string Advance(ReadOnlySpan<char> text, bool isFinal)
    {
        if (_heldLength + text.Length > _held.Length)
        {
            Array.Resize(ref _held, Math.Max(_heldLength + text.Length, _held.Length * 2));
        }

        text.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += text.Length;
        _output.Clear();
        _secrets.Advance(_held.AsSpan(0, _heldLength), isFinal, _output);
        int count = _secrets.Trim();
        _heldLength -= count;
        _held.AsSpan(count, _heldLength).CopyTo(_held);
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
