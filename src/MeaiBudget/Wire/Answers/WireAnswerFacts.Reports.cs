using System.Text;
using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <content>What the values of an answer add up to.</content>
internal sealed partial class WireAnswerFacts
{
    private void OnCount(Field field, ReadOnlySpan<byte> text)
    {
        HasCounts = true;
        if (!JsonNumber.TryReadCount(text, out long count, out bool isFraction))
        {
            _flags |= WireFlags.MissingCount;
            HasUnreadableNumber = true;
            return;
        }

        HasUnreadableNumber |= count > int.MaxValue || text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;
        _flags |= (isFraction ? WireFlags.FractionCount : 0) | (count < 0 ? WireFlags.NegativeCount : 0) | (count > WireUsageRules.LargestPlausible ? WireFlags.AbsurdCount : 0);
        if (count < 0)
        {
            return;
        }

        if (field == Field.ModalityCount)
        {
            _detailCount = count;
        }
        else if (_samplings is { IsOpen: true } samplings)
        {
            samplings.Set((WireCount)(field - Field.Input), count);
        }
        else
        {
            _report.Set((WireCount)(field - Field.Input), count);
        }
    }

    private void OnErrorStatus(ReadOnlySpan<byte> code)
    {
        (HasCounts, _asksForError) = (true, true);
        _errorCode = WireText.Of(code);
    }

    private void OnCost(Field field, ReadOnlySpan<byte> text)
    {
        HasCounts = true;
        _flags |= _cost.Set(field, text);
    }

    private void EndReport()
    {
        _samplings?.MoveTo(ref _report);
        if (_report.IsTold)
        {
            Progress++;
            _usage.Take(_report, _protocol is WireProtocol.ChatCompletions or WireProtocol.Completions);
            _report = default;
        }
    }

    private void EndEvent()
    {
        _hasDocument = true;
        EndReport();
        EndText();
        Progress += _tools?.EndEvent(_event) ?? 0;
        _isTerminal |= _event is WireEvent.Terminal or WireEvent.Failed;
        if (_event == WireEvent.Failed && _error is null)
        {
            SetError("{\"code\":\"response_failed\"}");
        }
        else if ((_event == WireEvent.Error || _asksForError || (_isWithoutSuccess && (_errorCode ?? _errorMessage) is not null)) && _error is null)
        {
            SetError($"{{\"code\":{Quote(_errorCode)},\"message\":{Quote(_errorMessage)}}}");
        }

        _asksForError = false;
    }

    private void EndText()
    {
        long text = _event == WireEvent.Media ? 0 : Math.Max(_eventTexts.Text, _eventTexts.Repeated);
        Progress += text > 0 ? 1 : 0;
        _text += text;
        _wholeText = Math.Max(_wholeText, _eventTexts.Whole);
        _eventTexts = default;
    }

    private void SetError(string json)
    {
        HasCounts = true;
        Progress++;
        _error ??= new WireError("{\"error\":" + json + "}", _text + _eventTexts.Text > 0);
    }

    private static string Quote(string? text) => text is null ? "null" : "\"" + System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(text) + "\"";

    /// <summary>The samplings of one report. What stands beside them is the part of some of them, so that the larger figure counts.</summary>
    private sealed class Samplings
    {
        private WireFigures _one;
        private WireFigures _sum;

        public bool IsOpen { get; private set; }

        public void Begin() => (_one, IsOpen) = (default, true);

        public void Set(WireCount count, long value) => _one.Set(count, value);

        public void End()
        {
            _sum.Add(_one);
            IsOpen = false;
        }

        public void MoveTo(ref WireFigures report)
        {
            for (WireCount count = 0; count < WireCount.Count; count++)
            {
                if (_sum.Has(count))
                {
                    report.Set(count, _sum[count]);
                }
            }

            _sum = default;
        }
    }
}
