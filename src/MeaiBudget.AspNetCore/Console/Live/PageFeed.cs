using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace MeaiBudget;

/// <summary>Keeps one page up to date for everybody who looks at it: it is rendered once in an interval, and only what changed is sent.</summary>
internal sealed class PageFeed(Func<CancellationToken, Task<ConsolePage>> render, TimeProvider time, TimeSpan interval)
{
    /// <summary>How many messages a viewer may be behind. Then the connection is closed, and the browser opens another.</summary>
    private const int Behind = 16;

    private readonly Lock _lock = new();
    private readonly List<Viewer> _viewers = [];
    private PageState? _last;
    private bool _isRunning;

    /// <summary>Gets how often the page was rendered.</summary>
    public int Renders { get; private set; }

    public bool IsUnused
    {
        get
        {
            lock (_lock)
            {
                return _viewers.Count == 0;
            }
        }
    }

    /// <summary>Adds a viewer.</summary>
    /// <param name="version">The version that the viewer shows. If it is not the one before the next change, the viewer gets the whole page.</param>
    public ChannelReader<string> Join(string? version)
    {
        var viewer = new Viewer(Channel.CreateBounded<string>(new BoundedChannelOptions(Behind) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait })) { Version = version };
        lock (_lock)
        {
            _viewers.Add(viewer);
            if (!_isRunning)
            {
                _isRunning = true;
                _ = RunAsync();
            }
        }

        return viewer.Messages.Reader;
    }

    public void Leave(ChannelReader<string> messages)
    {
        lock (_lock)
        {
            _viewers.RemoveAll(one => ReferenceEquals(one.Messages.Reader, messages));
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            long began = time.GetTimestamp();
            try
            {
                var state = PageState.Of(await render(CancellationToken.None));
                Renders++;
                Send(state);
            }
#pragma warning disable CA1031 // The page says what could not be read. A failure here is that of a ledger, and the next round tries again.
            catch (Exception)
#pragma warning restore CA1031
            {
            }

            // Rendering costs at most a twentieth of the time.
            TimeSpan rest = time.GetElapsedTime(began) * 20;
            await Task.Delay(rest < interval ? interval : rest, time);
            lock (_lock)
            {
                if (_viewers.Count == 0)
                {
                    _isRunning = false;
                    return;
                }
            }
        }
    }

    private void Send(PageState state)
    {
        lock (_lock)
        {
            PageState? before = _last;
            _last = state;
            string? changes = null;
            string? all = null;
            foreach (Viewer viewer in _viewers.ToArray())
            {
                if (viewer.Version == state.Version)
                {
                    continue;
                }

                // What another viewer was sent last may be older than what this one shows.
                string message = before is not null && viewer.Version == before.Version ? changes ??= state.Changes(before) : all ??= state.Changes(null);
                viewer.Version = state.Version;
                if (!viewer.Messages.Writer.TryWrite(message))
                {
                    viewer.Messages.Writer.TryComplete();
                    _viewers.Remove(viewer);
                }
            }
        }
    }

    private sealed class Viewer(Channel<string> messages)
    {
        public Channel<string> Messages => messages;

        public string? Version { get; set; }
    }
}

/// <summary>What a page shows at a moment, by its parts.</summary>
internal sealed record PageState(string Version, IReadOnlyDictionary<string, string> Blocks, IReadOnlyDictionary<string, IReadOnlyList<PageRow>> Tables)
{
    /// <summary>Gets why the page could not be brought up to date; <see langword="null"/> if it could. The next state is then sent as a whole.</summary>
    public string? Problem { get; private init; }

    public static PageState Of(ConsolePage page)
    {
        if (page.Status >= 400)
        {
            return new PageState("problem", new Dictionary<string, string>(), new Dictionary<string, IReadOnlyList<PageRow>>()) { Problem = page.Title };
        }

        var blocks = page.Parts.OfType<PageBlock>().ToDictionary(part => part.Id, part => part.Content.Text, StringComparer.Ordinal);
        var tables = page.Parts.OfType<PageTable>().ToDictionary(part => part.Id, part => part.Shown, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PagePart part in page.Parts)
        {
            foreach (string text in part is PageTable table ? table.Shown.Select(row => row.Content.Text) : [((PageBlock)part).Content.Text])
            {
                hash.AppendData(Encoding.UTF8.GetBytes(text));
            }
        }

        return new PageState(Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12)), blocks, tables);
    }

    /// <summary>Writes what differs from an earlier state; everything if there is none.</summary>
    public string Changes(PageState? before)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("version", Version);
            json.WriteString("problem", Problem);
            json.WriteStartObject("blocks");
            foreach ((string id, string html) in Blocks)
            {
                if (before is null || before.Blocks.GetValueOrDefault(id) != html)
                {
                    json.WriteString(id, html);
                }
            }

            json.WriteEndObject();
            json.WriteStartObject("tables");
            foreach ((string id, IReadOnlyList<PageRow> rows) in Tables)
            {
                Write(json, id, rows, before?.Tables.GetValueOrDefault(id));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string id, IReadOnlyList<PageRow> rows, IReadOnlyList<PageRow>? before)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (PageRow row in before ?? [])
        {
            known[row.Id] = row.Content.Text;
        }

        PageRow[] changed = [.. rows.Where(row => known.GetValueOrDefault(row.Id) != row.Content.Text)];
        bool isMoved = before is null || !rows.Select(row => row.Id).SequenceEqual(before.Select(row => row.Id));
        if (changed.Length == 0 && !isMoved)
        {
            return;
        }

        json.WriteStartObject(id);
        json.WriteStartObject("rows");
        foreach (PageRow row in changed.DistinctBy(row => row.Id))
        {
            json.WriteString(row.Id, row.Content.Text);
        }

        json.WriteEndObject();
        if (isMoved)
        {
            json.WriteStartArray("order");
            foreach (PageRow row in rows)
            {
                json.WriteStringValue(row.Id);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
