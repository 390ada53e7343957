/**
 * Finds out when restores of old stores finished last. Step 15 of the layout knew only what step 11 had looked up: the last 50 restores of
 * each watch, so of a watch with many instances just those of a few. The SQL of a migration: it never changes.
 *
 * Of each instance, the latest of the restores that say when they ended, by an index that holds those; of the others (legacy backup never
 * says it) the latest of each watch that has several instances. So the step reads a bounded number of jobs, however many there are.
 */
export const LAST_FINISHES = `
      insert into last_finish
        with recursive instance (key) as (
          select min(target_key) from observation where took_ms is not null
          union all
          select (select min(target_key) from observation where took_ms is not null and target_key > instance.key)
            from instance where instance.key is not null
        ),
        several (watch) as (select watch from target group by watch having count(*) > 1),
        latest (id) as (
          select observation.rowid from instance join observation on observation.rowid in (
            select rowid from observation as dated
              where dated.took_ms is not null and dated.target_key = instance.key
              order by dated.created_at desc limit 20
          )
          union
          select observation.rowid from several join observation on observation.rowid in (
            select rowid from observation as undated
              where undated.watch = several.watch and undated.state = 'finished'
              order by undated.created_at desc limit 5000
          )
        )
        select target_key, watch, max(coalesce(json_extract(body, '$.job.finishedAt'), json_extract(body, '$.changedAt')))
          from latest join observation on observation.rowid = latest.id
          where state = 'finished' or (
            state = 'expired' and exists (
              select 1 from json_each(observation.body, '$.milestones') where json_each.value = 'finished'
            )
          )
          group by target_key
        on conflict (target_key) do update set finished_at = excluded.finished_at
          where last_finish.finished_at < excluded.finished_at;
    `;
