using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>Text for a log record: redacted if the options demand it, and truncated to a maximum length.</summary>
/// <remarks>
/// The text is redacted before it is truncated, because a secret cut in half is not recognised. A <see cref="SecretRedactor"/>
/// redacts incrementally, so only the text to log is kept; any other redactor needs the whole text. Not thread-safe.
/// </remarks>
internal sealed class LoggedText(LoggedContent content, Redactor redactor, int maxLength)
{
    private const string Cut = "... (cut)";
    private const int PieceLength = 4096;
    private readonly StringBuilder _text = new();
    private readonly RedactedJson _json = new(content == LoggedContent.Redacted ? redactor : null);
    private StreamingSecretRedactor? _streaming = content == LoggedContent.Redacted ? (redactor as SecretRedactor)?.CreateStreaming() : null;
    private bool _isComplete;
    private bool _isReasoning;

    /// <summary>Gets a value indicating whether further text would be truncated anyway.</summary>
    public bool IsFull => _text.Length > maxLength && (content == LoggedContent.Full || _streaming is not null);

    public void Append(string? text)
    {
        // In pieces, so that of a long text no more is redacted than is logged.
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty && !IsFull)
        {
            ReadOnlySpan<char> piece = rest[..Math.Min(rest.Length, PieceLength)];
            rest = rest[piece.Length..];
            if (_streaming is null)
            {
                _text.Append(piece);
            }
            else
            {
                _text.Append(_streaming.Append(piece));
            }
        }
    }

    /// <summary>Appends a text that is redacted already. What was appended before is complete: no secret goes on in this text.</summary>
    private void AppendRedacted(string text)
    {
        if (_streaming is not null && !IsFull)
        {
            _text.Append(_streaming.Complete());
            _streaming = ((SecretRedactor)redactor).CreateStreaming();
        }

        if (!IsFull)
        {
            _text.Append(text);
        }
    }

    public void Append(IEnumerable<AIContent> contents)
    {
        foreach (AIContent part in contents)
        {
            switch (part)
            {
                case TextContent text:
                    Separate(isReasoning: false);
                    Append(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    Separate(isReasoning: true);
                    Append(reasoning.Text);
                    break;
                case FunctionCallContent call:
                    Append($"[calls {call.Name} ");
                    AppendRedacted(_json.Write(call.Arguments ?? new Dictionary<string, object?>()));
                    Append("]");
                    break;
                case FunctionResultContent { Result: string text } when _json.Write((object)text) is null:
                    Append($"[result {text}]");
                    break;
                case FunctionResultContent result:
                    Append("[result ");
                    AppendRedacted(_json.Write(result.Result) ?? "null");
                    Append("]");
                    break;
                case UsageContent:
                    break;
                case DataContent data:
                    Append($"[{data.MediaType}, {data.Data.Length} bytes]");
                    break;
                default:
                    Append($"[{part.GetType().Name}]");
                    break;
            }
        }
    }

    /// <summary>Ends what was appended before, where the answer follows the reasoning: a secret that ends the one is no word with what begins the other.</summary>
    private void Separate(bool isReasoning)
    {
        if (isReasoning != _isReasoning)
        {
            _isReasoning = isReasoning;
            AppendRedacted("");
        }
    }

    public string Complete()
    {
        if (!_isComplete)
        {
            _isComplete = true;
            if (_streaming is not null && !IsFull)
            {
                _text.Append(_streaming.Complete());
            }
            else if (_streaming is null && content == LoggedContent.Redacted)
            {
                string redacted = redactor.Redact(_text.ToString());
                _text.Clear().Append(redacted);
            }
        }

        string complete = _text.Length > maxLength ? _text.ToString(0, maxLength) + Cut : _text.ToString();
        return WrittenText.Printable(complete, keepLines: true);
    }
}
