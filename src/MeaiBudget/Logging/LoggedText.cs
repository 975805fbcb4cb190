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
    private readonly StringBuilder _text = new();
    private readonly StreamingSecretRedactor? _streaming = content == LoggedContent.Redacted ? (redactor as SecretRedactor)?.CreateStreaming() : null;
    private bool _isComplete;

    /// <summary>True if further text would be truncated anyway.</summary>
    private bool IsFull => _text.Length > maxLength && (content == LoggedContent.Full || _streaming is not null);

    public void Append(string? text)
    {
        if (!string.IsNullOrEmpty(text) && !IsFull)
        {
            _text.Append(_streaming is null ? text : _streaming.Append(text));
        }
    }

    public void Append(IEnumerable<AIContent> contents)
    {
        foreach (AIContent part in contents)
        {
            switch (part)
            {
                case TextContent text:
                    Append(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    Append(reasoning.Text);
                    break;
                case FunctionCallContent call:
                    Append($"[calls {call.Name} ");
                    foreach (KeyValuePair<string, object?> argument in call.Arguments ?? new Dictionary<string, object?>())
                    {
                        // Written like a JSON member, so that the redactor recognises secrets by the argument's name.
                        Append($"\"{argument.Key}\": \"{argument.Value}\" ");
                    }

                    Append("]");
                    break;
                case FunctionResultContent result:
                    Append($"[result {result.Result}]");
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

        return _text.Length > maxLength ? _text.ToString(0, maxLength) + Cut : _text.ToString();
    }
}
