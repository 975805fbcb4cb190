using System.Threading.Channels;

namespace MeaiBudget;

/// <summary>The feeds of the pages that somebody looks at. Bounded. Thread-safe.</summary>
internal sealed class PageFeeds(TimeProvider time, TimeSpan interval)
{
    private const int MostFeeds = 200;
    private const int MostViewers = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, PageFeed> _feeds = new(StringComparer.Ordinal);
    private int _viewers;

    /// <summary>Gets how often pages were rendered for feeds that are open.</summary>
    public int Renders
    {
        get
        {
            lock (_lock)
            {
                return _feeds.Values.Sum(feed => feed.Renders);
            }
        }
    }

    /// <summary>Joins the feed of a page; <see langword="null"/> if too many are open.</summary>
    public (PageFeed Feed, ChannelReader<string> Messages)? Join(string key, string? version, Func<CancellationToken, Task<ConsolePage>> render)
    {
        lock (_lock)
        {
            if (_viewers >= MostViewers)
            {
                return null;
            }

            if (!_feeds.TryGetValue(key, out PageFeed? feed))
            {
                if (_feeds.Count >= MostFeeds)
                {
                    foreach (string unused in _feeds.Where(one => one.Value.IsUnused).Select(one => one.Key).ToArray())
                    {
                        _feeds.Remove(unused);
                    }

                    if (_feeds.Count >= MostFeeds)
                    {
                        return null;
                    }
                }

                _feeds.Add(key, feed = new PageFeed(render, time, interval));
            }

            _viewers++;
            return (feed, feed.Join(version));
        }
    }

    public void Leave(PageFeed feed, ChannelReader<string> messages)
    {
        feed.Leave(messages);
        lock (_lock)
        {
            _viewers--;
        }
    }
}
