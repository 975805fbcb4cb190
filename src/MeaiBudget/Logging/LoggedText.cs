using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>Text on its way into a log: redacted where it is asked for, and cut at a length.</summary>
/// <remarks>
/// Redacted before it is cut, or half a secret would be left at the cut. A <see cref="SecretRedactor"/> redacts as the text
/// comes, so that no more is kept than is logged; another redactor gets the whole. Not thread-safe.
/// </remarks>
internal sealed class LoggedText(LoggedContent content, Redactor redactor, int maxLength)
{
    private const string Cut = "... (cut)";
    private readonly StringBuilder _text = new();
    private readonly StreamingSecretRedactor? _streaming = content == LoggedContent.Redacted ? (redactor as SecretRedactor)?.CreateStreaming() : null;
    private bool _isComplete;

    /// <summary>Whether more text would only be cut.</summary>
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
                        // As a JSON member, so that a telling name tells.
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
